import { homedir } from 'node:os';

type Write = (lines: readonly string[]) => void;

/** Where a text goes, and what it may look like there. */
export interface Sink {
  /** Writes lines, a newline after each. Never throws: a reader that went away is no reason to stop a run. */
  readonly lines: (lines: readonly string[]) => void;
  /** From now on lines go elsewhere (or again here, without an argument); returned is the way that still leads here. */
  readonly divert: (elsewhere?: Write) => Write;
  /** Why what was meant for it is not whole there; undefined where it is, or its reader went away. */
  readonly lost: () => string | undefined;
  readonly stream: NodeJS.WriteStream;
  readonly isTerminal: boolean;
  readonly colours: 'colours' | 'plain';
}

/** All that a command knows of the world outside. Data goes to `out`, talk to `talk`. */
export interface Io {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly home: string;
  readonly out: Sink;
  readonly talk: Sink;
  readonly stdin: NodeJS.ReadStream;
  /** Values that are shown nowhere; every output masks what is in here by then. */
  readonly secrets: Set<string>;
}

/** The process's own streams, arguments and environment; nothing else in the program reads them. */
export function processIo(): Io {
  const { env, stdout, stderr, stdin } = process;
  return {
    argv: process.argv.slice(2),
    env,
    cwd: process.cwd(),
    home: env['HOME'] ?? homedir(),
    out: sink(stdout, env),
    talk: sink(stderr, env),
    stdin,
    secrets: new Set(),
  };
}

function sink(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Sink {
  let open = true;
  let lost: string | undefined;
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    open = false;
    // EIO is what a terminal says that was closed.
    if (code !== 'EPIPE' && code !== 'EIO') lost = message;
  });
  const here: Write = (lines) => {
    if (open && lines.length > 0) stream.write(`${lines.join('\n')}\n`);
  };
  let way = here;
  const isTerminal = stream.isTTY === true && env['TERM'] !== 'dumb';
  return {
    stream,
    isTerminal,
    // https://no-color.org: set and not empty means no colours.
    colours: isTerminal && (env['NO_COLOR'] ?? '') === '' ? 'colours' : 'plain',
    lines: (lines) => way(lines),
    lost: () => lost,
    divert: (elsewhere) => {
      way = elsewhere ?? here;
      return here;
    },
  };
}
