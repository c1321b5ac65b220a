import type { Argv } from 'yargs';
import type { Steering } from '../core/control.ts';
import { type Args, FLAGS, SCAN_FLAGS } from './command-flags.ts';
import type { Io } from './io.ts';

/** Called by yargs with what a command does. */
type Run = (command: () => Promise<number>) => never;

const text = { type: 'string', demandOption: true } as const;
const words = { type: 'string', array: true, default: [] as readonly string[] } as const;

/** Declares the commands. Each loads its module only when it is called, so that help and completion are quick. */
export function declareCommands(program: Argv, io: Io, run: Run): Argv {
  return quiet(among(steering(rollout(fleet(program, io, run), io, run), io, run), io, run), io, run);
}

function fleet(program: Argv, io: Io, run: Run): Argv {
  return program
    .command(
      ['run <playbook>', 'apply'],
      'look, plan, ask, and bring the hosts to what the playbook (or a saved plan) says, wave by wave',
      (y) => y.positional('playbook', text).options(FLAGS.run),
      (args) => run(() => import('./run.ts').then(({ runCommand }) => runCommand(args, io))),
    )
    .command(
      'plan <playbook>',
      'look and plan; nothing can be changed',
      (y) => y.positional('playbook', text).options(FLAGS.plan),
      (args) => run(() => import('./run.ts').then(({ planCommand }) => planCommand(args, io))),
    )
    .command(
      'exec <pattern> [command..]',
      'run a shell command on hosts: drover exec PATTERN -- COMMAND…',
      (y) => y.positional('pattern', text).positional('command', words).options(FLAGS.exec),
      (args) => run(() => import('./exec.ts').then(({ execCommand }) => execCommand(args, io))),
    )
    .command(
      'task <name> <pattern> [params..]',
      'bring hosts to one state: drover task NAME PATTERN KEY=VALUE…',
      (y) => y.positional('name', text).positional('pattern', text).positional('params', words).options(FLAGS.task),
      (args) => run(() => import('./task.ts').then(({ taskCommand }) => taskCommand(args, io))),
    )
    .command(
      'facts <pattern>',
      'what hosts are: CPU, hypervisor role, IOMMU, boot loader, Docker',
      (y) => y.positional('pattern', text).options(FLAGS.facts),
      (args) => run(() => import('./facts.ts').then(({ factsCommand }) => factsCommand(args, io))),
    )
    .command(
      'record <host> [params..]',
      'print what a task reads on a host, as a fixture for tests and bug reports',
      (y) => y.positional('host', text).positional('params', words).options(FLAGS.record),
      (args) => run(() => import('./record.ts').then(({ recordCommand }) => recordCommand(args, io))),
    );
}

function rollout(program: Argv, io: Io, run: Run): Argv {
  return program
    .command(
      'gate <playbook>',
      "ask a rollout's gate on the hosts as they are now",
      (y) => y.positional('playbook', text).options(FLAGS.gate),
      (args) => run(() => import('./gate.ts').then(({ gateCommand }) => gateCommand(args, io))),
    )
    .command(
      'resume <run>',
      'go on with a run where its journal ends',
      (y) => y.positional('run', text).options(FLAGS.resume),
      (args) => run(() => import('./resume.ts').then(({ resumeCommand }) => resumeCommand(args, io))),
    )
    .command(
      'retry <run>',
      'go through a run again on the hosts that ended badly',
      (y) => y.positional('run', text).options(FLAGS.retry),
      (args) => run(() => import('./resume.ts').then(({ retryCommand }) => retryCommand(args, io))),
    )
    .command(
      'rollback <run>',
      'take back what a run changed, last first',
      (y) => y.positional('run', text).options(FLAGS.rollback),
      (args) => run(() => import('./rollback.ts').then(({ rollbackCommand }) => rollbackCommand(args, io))),
    )
    .command(
      'runs [run]',
      'past runs, or one of them; `drover runs prune` removes old ones',
      (y) => y.positional('run', { type: 'string' }).options(FLAGS.runs),
      (args) => run(() => import('./runs.ts').then(({ runsCommand }) => runsCommand(args, io))),
    );
}

/** What controllers have to do with each other, and with workers. */
function among(program: Argv, io: Io, run: Run): Argv {
  return program
    .command(
      'locks [pattern]',
      'which runs hold which hosts',
      (y) => y.positional('pattern', { type: 'string' }).options(FLAGS.locks),
      (args) => run(() => import('./locks.ts').then(({ locksCommand }) => locksCommand(args, io))),
    )
    .command(
      'worker',
      'reach hosts for runs with --engine, until it is interrupted',
      (y) => y.options(FLAGS.worker),
      (args) => run(() => import('./worker.ts').then(({ workerCommand }) => workerCommand(args, io))),
    );
}

function steering(program: Argv, io: Io, run: Run): Argv {
  const steer = (what: Steering, args: Args<'status'> & { readonly run: string }) => () =>
    import('./control.ts').then(({ steerCommand }) => steerCommand(what, args, io));
  return program
    .command(
      'status <run>',
      'how a run stands, also while it goes on',
      (y) => y.positional('run', text).options(FLAGS.status),
      (args) => run(() => import('./control.ts').then(({ statusCommand }) => statusCommand(args, io))),
    )
    .command(
      'pause <run>',
      'let a running rollout start no further host; running ones finish',
      (y) => y.positional('run', text).options(FLAGS.pause),
      (args) => run(steer('pause', args)),
    )
    .command(
      'promote <run>',
      'let a rollout go on from a pause, a bake or the question before a wave',
      (y) => y.positional('run', text).options(FLAGS.promote),
      (args) => run(steer('promote', args)),
    )
    .command(
      'abort <run>',
      'end a running rollout, as Ctrl-C does: running hosts finish',
      (y) => y.positional('run', text).options(FLAGS.abort),
      (args) => run(steer('abort', args)),
    );
}

function scan<T>(hosts: Argv<T>, io: Io, run: Run): Argv<T> {
  return hosts.command(
    'scan [pattern]',
    'collect the keys of hosts, show them, ask once, and add them to known_hosts',
    (y) => y.positional('pattern', { type: 'string' }).options(SCAN_FLAGS),
    (args) => run(() => import('./scan-keys.ts').then(({ scanCommand }) => scanCommand(args, io))),
  );
}

function quiet(program: Argv, io: Io, run: Run): Argv {
  return program
    .command(
      'validate <playbooks..>',
      'check everything that can be known without a connection',
      (y) => y.positional('playbooks', { ...words, demandOption: true }).options(FLAGS.validate),
      (args) => run(() => import('./validate.ts').then(({ validateCommand }) => validateCommand(args, io))),
    )
    .command(
      'hosts [pattern]',
      'list hosts, their groups (--tree) and values (--vars); `drover hosts scan` collects host keys',
      (y) => scan(y.positional('pattern', { type: 'string' }).options(FLAGS.hosts), io, run),
      (args) => run(() => import('./hosts.ts').then(({ hostsCommand }) => hostsCommand(args, io))),
    )
    .command(
      'tasks [name]',
      "the catalogue, or one task's params, effects and examples",
      (y) => y.positional('name', { type: 'string' }).options(FLAGS.tasks),
      (args) => run(() => import('./tasks.ts').then(({ tasksCommand }) => tasksCommand(args, io))),
    )
    .command(
      'why <host> <name> [playbook]',
      'where a value of a host comes from',
      (y) => y.positional('host', text).positional('name', text).positional('playbook', { type: 'string' }).options(FLAGS.why),
      (args) => run(() => import('./why.ts').then(({ whyCommand }) => whyCommand(args, io))),
    )
    .command(
      'schema <of>',
      'the JSON Schema of inventories, playbooks or files of steps, for editors',
      (y) => y.positional('of', { choices: ['inventory', 'playbook', 'steps'] as const, demandOption: true }),
      (args) => run(() => import('./schema.ts').then(({ schemaCommand }) => schemaCommand(args, io))),
    );
}
