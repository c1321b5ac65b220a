import type { InferredOptionTypes, Options } from 'yargs';
import {
  changeFlags,
  connectFlags,
  execFlags,
  hostsFlags,
  inventoryFlags,
  listFlags,
  lockFlags,
  orderFlags,
  outputFlags,
  planFlags,
  playbookFlags,
  recordedFlags,
  recordFlags,
  reportFlags,
  runsFlags,
  savedFlags,
  selectFlags,
  stepFlags,
  workerFlags,
} from './flags.ts';

const { limit, exclude } = selectFlags;
const offlineFlags = { ...outputFlags, ...inventoryFlags, limit, exclude };
const fleetFlags = { ...outputFlags, ...inventoryFlags, ...selectFlags, ...connectFlags };
const planOnlyFlags = { ...fleetFlags, ...playbookFlags, ...orderFlags, ...planFlags, ...reportFlags, ...listFlags };
const changingFlags = { ...changeFlags, ...lockFlags, ...recordedFlags };
const runFlags = { ...planOnlyFlags, ...changingFlags, ...stepFlags };
const againFlags = { ...fleetFlags, ...planFlags, ...reportFlags, ...changingFlags, ...stepFlags };

/** Flags that a command below this one does not have. */
function local<F extends Readonly<Record<string, Options>>>(flags: F): F {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, global: false }])) as F;
}

/** The flags of every command. */
export const FLAGS = {
  run: runFlags,
  apply: runFlags,
  plan: { ...planOnlyFlags, ...savedFlags },
  gate: { ...fleetFlags, ...playbookFlags },
  exec: { ...fleetFlags, ...execFlags, ...recordedFlags },
  task: { ...fleetFlags, ...planFlags, ...reportFlags, ...changingFlags, 'extra-vars': playbookFlags['extra-vars'] },
  facts: fleetFlags,
  worker: {
    ...outputFlags,
    ...workerFlags,
    engine: { ...connectFlags.engine, demandOption: true, describe: 'the file that names the engine' },
    forks: { ...connectFlags.forks, describe: 'how many sessions it keeps at a time' },
    'ask-pass': connectFlags['ask-pass'],
    'ask-become-pass': connectFlags['ask-become-pass'],
    'become-password-file': connectFlags['become-password-file'],
  },
  locks: fleetFlags,
  record: { ...fleetFlags, ...recordFlags },
  validate: { ...offlineFlags, ...playbookFlags },
  hosts: local({ ...offlineFlags, ...hostsFlags }),
  tasks: outputFlags,
  why: { ...outputFlags, ...inventoryFlags },
  runs: { ...outputFlags, ...recordedFlags, ...runsFlags, html: reportFlags.html },
  status: { ...outputFlags, ...recordedFlags },
  pause: { ...outputFlags, ...recordedFlags },
  promote: { ...outputFlags, ...recordedFlags },
  abort: { ...outputFlags, ...recordedFlags },
  resume: { ...againFlags, 'extra-vars': playbookFlags['extra-vars'] },
  retry: { ...againFlags, 'extra-vars': playbookFlags['extra-vars'] },
  rollback: againFlags,
  schema: {},
  completion: {},
} as const satisfies Record<string, Readonly<Record<string, Options>>>;

/** Those of `drover hosts scan`, a command below a command. */
export const SCAN_FLAGS = { ...fleetFlags, check: changeFlags.check, yes: changeFlags.yes } as const;
export type ScanArgs = InferredOptionTypes<typeof SCAN_FLAGS>;

export type Command = keyof typeof FLAGS;

/** What a command gets of its flags. */
export type Args<C extends Command> = InferredOptionTypes<(typeof FLAGS)[C]>;

/** What every command that reaches hosts gets. */
export type FleetArgs = Args<'facts'>;

/** What the inventory and the choice of hosts need. */
export type SelectArgs = InferredOptionTypes<typeof offlineFlags>;

/** Names of the flags that take one value. */
export const SINGLE: readonly string[] = Object.values(FLAGS)
  .flatMap((flags) => Object.entries<Options>(flags))
  .flatMap(([name, flag]) => (flag.array === true ? [] : [name]));
