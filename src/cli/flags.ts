import type { Options } from 'yargs';

type Flags = Readonly<Record<string, Options>>;

const text = { type: 'string', requiresArg: true } as const;
const list = { type: 'string', array: true, requiresArg: true } as const;
const yes = { type: 'boolean' } as const;

/** How results are printed; every command has these. */
export const outputFlags = {
  format: { choices: ['human', 'json', 'ndjson'], default: 'human', requiresArg: true, describe: 'how results are printed on stdout' },
  verbose: { alias: 'v', type: 'count', describe: 'say more: why a step is steady (-v), every change as it is made (-vv)' },
} as const satisfies Flags;

/** Which inventory. */
export const inventoryFlags = {
  inventory: { ...list, alias: 'i', describe: 'inventory file, or host names with a comma: -i web01,web02,' },
} as const satisfies Flags;

/** Which hosts of it. */
export const selectFlags = {
  limit: { ...text, alias: 'l', describe: 'only the hosts of this pattern, or of @FILE' },
  exclude: { ...text, alias: 'x', describe: 'not the hosts of this pattern' },
  'max-hosts': { ...text, describe: 'refuse to touch more hosts than this' },
} as const satisfies Flags;

/** How hosts are reached. */
export const connectFlags = {
  forks: { ...text, alias: ['f', 'parallel'], default: '50', describe: 'how many hosts go at a time' },
  user: { ...text, alias: 'u', describe: 'log in as this user' },
  'private-key': { ...list, alias: 'key-file', describe: 'log in with this key' },
  'ask-pass': { ...yes, alias: 'k', describe: 'ask for the login password' },
  'ask-passphrase': { ...yes, describe: 'ask for the passphrase of private keys' },
  timeout: { ...text, alias: ['T', 'connect-timeout'], describe: 'seconds for a connection to be made' },
  'host-keys': { choices: ['strict', 'accept-new'], requiresArg: true, describe: 'what to do with a host whose key is not known' },
  become: { ...yes, alias: 'b', describe: 'become another user after login' },
  'become-user': { ...text, describe: 'the user to become (root)' },
  'become-method': { choices: ['sudo'], requiresArg: true, describe: 'how to become that user' },
  'ask-become-pass': { ...yes, alias: 'K', describe: 'ask for the password of sudo' },
  'become-password-file': { ...text, describe: 'read the password of sudo from this file' },
  'max-read': { ...text, describe: 'MiB that one look may read of a host (64)' },
  engine: { ...text, describe: 'reach hosts through the workers of the engine that this file names' },
  log: { ...text, describe: 'append a log to this file, one JSON line an event' },
} as const satisfies Flags;

/** What a worker takes. */
export const workerFlags = {
  site: { ...list, default: ['default'], describe: 'take sessions to the hosts of this site' },
} as const satisfies Flags;

/** Where runs are kept. */
export const recordedFlags = {
  'run-dir': { ...text, describe: 'keep runs in this folder ($XDG_STATE_HOME/drover/runs)' },
} as const satisfies Flags;

/** How many runs are kept. */
export const runsFlags = {
  days: { ...text, default: '90', describe: 'prune: runs that were last written to before so many days' },
} as const satisfies Flags;

/** Which steps of a playbook, and with which values. */
export const playbookFlags = {
  'extra-vars': { ...list, alias: 'e', describe: 'values that win over all others: NAME=VALUE, JSON, or @FILE' },
  tags: { ...list, alias: 't', describe: 'only steps with one of these tags' },
  'skip-tags': { ...list, describe: 'not the steps with one of these tags' },
  'start-at-task': { ...text, describe: 'leave out the steps before the one with this name' },
} as const satisfies Flags;

/** In which order hosts go. */
export const orderFlags = {
  seed: { ...text, describe: 'any word: with the same one, waves with `order: shuffle` go in the same order again' },
} as const satisfies Flags;

/** What to show in place of a plan. */
export const listFlags = {
  'list-hosts': { ...yes, describe: 'list the hosts and end' },
  'list-tasks': { ...yes, describe: 'list the steps and end' },
  'list-tags': { ...yes, describe: 'list the tags and end' },
  'syntax-check': { ...yes, describe: 'check everything that can be known without a connection, and end' },
} as const satisfies Flags;

/** How a plan is shown. */
export const planFlags = {
  diff: { ...yes, alias: 'D', describe: 'show what changes in files' },
  fold: { ...yes, describe: 'hosts of which the same is to be said as one entry, the default; --no-fold: each for itself' },
  'detailed-exitcode': { ...yes, describe: 'exit with 3 where changes are pending' },
} as const satisfies Flags;

/** What is written for others. */
export const reportFlags = {
  html: { ...text, describe: 'write a page of it to this file: whole in itself, for a browser' },
  junit: { ...text, describe: 'write JUnit XML of it to this file, for CI servers' },
} as const satisfies Flags;

/** Where a plan goes. */
export const savedFlags = {
  out: { ...text, describe: 'save the plan in this file, for `drover run FILE`' },
} as const satisfies Flags;

/** Whether changes are made. */
export const changeFlags = {
  check: { ...yes, alias: ['C', 'dry-run', 'noop'], describe: 'plan only; nothing is changed' },
  yes: { ...yes, alias: 'y', describe: 'do not ask before changes are made' },
  reboot: { ...yes, describe: 'reboot hosts whose steps ask for it; without it they wait' },
} as const satisfies Flags;

/** Whether a person has a say in each step. */
export const stepFlags = {
  step: { ...yes, describe: 'ask before each step, once for all hosts that have come to it: no, yes, continue, quit' },
} as const satisfies Flags;

/** What is done where another run holds a host. */
export const lockFlags = {
  'wait-lock': { ...text, describe: 'seconds to wait for a host that another run holds' },
  'break-lock': { ...text, describe: 'take hosts from the runs that hold them, for this reason' },
} as const satisfies Flags;

/** How the output of ad hoc commands is shown. */
export const execFlags = {
  fold: { ...yes, describe: 'hosts with equal output as one entry at the end; the default on a terminal' },
  'one-line': { ...yes, alias: 'o', describe: 'a line a host' },
  stdin: { ...yes, describe: 'read stdin to its end and feed it to every host' },
  'command-timeout': { ...text, default: '3600', describe: 'seconds until the command is ended' },
  outdir: { ...text, describe: 'also write what each host prints to HOST/stdout and HOST/stderr in this folder, a new or empty one' },
} as const satisfies Flags;

/** What is told of hosts. */
export const hostsFlags = {
  tree: { ...yes, describe: 'groups with their hosts' },
  vars: { ...yes, describe: 'the values of each host' },
} as const satisfies Flags;

/** What is recorded. */
export const recordFlags = {
  task: { ...text, demandOption: true, describe: 'the task whose reads are recorded' },
} as const satisfies Flags;
