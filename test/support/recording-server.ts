import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ssh2, { type AuthContext, type AuthenticationType, type ServerChannel } from 'ssh2';
import { listening } from './ports.ts';

/** An SSH server that lets in by password only, and remembers all that it was shown. For what no account of this machine can be used for. */
export interface RecordingServer {
  readonly port: number;
  /** Each try to log in: the method, and the password if one came. */
  readonly attempts: readonly string[];
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

export interface RecordingServerOptions {
  readonly hostKey: string;
  readonly password: string;
  readonly methods: readonly AuthenticationType[];
  /** How many connections are dropped before the first that is not. */
  readonly drops?: number;
  /** Whether it runs commands; it refuses them by default. */
  readonly commands?: 'run' | 'refuse';
}

/** Starts it on a free port. */
export async function startRecordingServer({
  hostKey,
  password,
  methods,
  drops = 0,
  commands = 'refuse',
}: RecordingServerOptions): Promise<RecordingServer> {
  const attempts: string[] = [];
  let connections = 0;
  const server = new ssh2.Server({ hostKeys: [readFileSync(hostKey)] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => answer(context, { attempts, password, methods }));
    client.on('session', (accept) => {
      const session = accept();
      if (commands === 'run') session.on('exec', (acceptExec, _reject, { command }) => runCommand(acceptExec(), command));
    });
  });
  const net = server as unknown as { readonly _srv: import('node:net').Server };
  net._srv.prependListener('connection', (socket) => {
    connections += 1;
    if (connections <= drops) socket.destroy();
  });
  const port = await listening(server);
  return {
    port,
    attempts,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function runCommand(channel: ServerChannel, command: string): void {
  const child = spawn('sh', ['-c', command]);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on('close', (status) => {
    channel.exit(status ?? 1);
    channel.end();
  });
}

interface Rules extends Pick<RecordingServerOptions, 'password' | 'methods'> {
  readonly attempts: string[];
}

function answer(context: AuthContext, { attempts, password, methods }: Rules): void {
  const refuse = () => context.reject([...methods]);
  if (!methods.includes(context.method)) {
    attempts.push(context.method);
    refuse();
  } else if (context.method === 'password') {
    attempts.push(`password ${context.password}`);
    if (context.password === password) context.accept();
    else refuse();
  } else if (context.method === 'keyboard-interactive') {
    context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
      attempts.push(`keyboard-interactive ${answers.join()}`);
      if (answers[0] === password) context.accept();
      else refuse();
    });
  } else refuse();
}
