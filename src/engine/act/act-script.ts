import type { Run } from '../../core/change.ts';
import type { Argv } from '../../core/probe.ts';
import { LONGEST_TIMER_MS } from '../../core/timer.ts';
import { type LeaseOrder, leaseOfAct } from '../lease/lease-script.ts';
import type { Limits } from '../script/limits.ts';
import { markFunctions } from '../script/marks.ts';
import { quote, quoteArgv } from '../script/quote.ts';
import { FIND_TIMEOUT, SHELL_SETTING } from '../script/shell-setting.ts';
import { type ActStep, type Job, jobsOf, settlingOf } from './act-jobs.ts';
import { settlingCommands } from './settle-commands.ts';
import { writeCommands, writeFunctions } from './write-script.ts';

/** What an act is to do, and the bits that mark its report. */
interface Orders {
  readonly steps: readonly ActStep[];
  readonly nonce: string;
  readonly limits: Limits;
  /** Without one nobody is kept away, as in tests. */
  readonly lease?: LeaseOrder;
}

/** For reading, copying and syncing one file. */
const WRITE_MS = 60_000;

/** An initramfs is made for each kernel that is installed, so its limit is that of so many commands. */
const INITRAMFS_FACTOR = 4;

/**
 * One POSIX script for all the changes of a round. As with a look, a script that arrived in part does nothing. After the first
 * change that fails no other is begun, but settlings are still done for the steps that were complete by then.
 */
export function encodeAct({ steps, nonce, limits, lease }: Orders): string {
  const { begin = '', end = '' } = lease === undefined ? {} : leaseOfAct(lease);
  const started = lease === undefined ? '_started() { _m started "$1"; }' : '_started() { _still_ours; _m started "$1"; }';
  const jobs = jobsOf(steps).map((job, i) => ({ job, script: encodeJob(job, i, limits) }));
  const own = steps.map(({ number }) => {
    const scripts = jobs.flatMap(({ job, script }) => (job.kind === 'change' && job.step === number ? [script] : []));
    return [...scripts, `_finish ${number}`].join('\n');
  });
  const settlings = jobs.flatMap(({ job, script }) => (job.kind === 'settle' ? [script] : []));
  return `_act() {
${SHELL_SETTING}
${markFunctions(nonce)}
${FIND_TIMEOUT}
${writeFunctions(nonce)}
_stop= _complete=' ' _bad=' '
${started}
_ended() { _m ended "$1" "$2"; [ "$2" = 0 ] || _stop=1; }
_finish() { [ "$_stop" ] || _complete="$_complete$1 "; }
# Whether any of these steps is complete, and no settling of it failed.
_wanted() {
  for _x in "$@"; do
    case $_bad in *" $_x "*) continue ;; esac
    case $_complete in *" $_x "*) return 0 ;; esac
  done
  return 1
}
_settled() { _m ended "$1" "$2"; [ "$2" = 0 ] || { shift 2; _bad="$_bad$* "; }; }
_m begin
${begin}
${[...own, ...settlings].join('\n')}
${end}
_m end
exit 0
}
_act
`;
}

/** How long an act may take at most: each of its commands has a limit of its own. */
export function actTimeoutMs({ steps, limits }: Orders): number {
  const each = jobsOf(steps).map((job) => {
    if (job.kind === 'settle') return settleMs(job, limits) * commandsOf(job).length;
    return job.change.kind === 'write' ? WRITE_MS : runTimeoutMs(job.change, limits);
  });
  return Math.min(
    LONGEST_TIMER_MS,
    each.reduce((sum, ms) => sum + ms, limits.lookTimeoutMs),
  );
}

/** The limit of one run. */
export function runTimeoutMs(change: Run, limits: Limits): number {
  return change.timeoutMs ?? limits.runTimeoutMs;
}

function encodeJob(job: Job, i: number, limits: Limits): string {
  if (job.kind === 'settle') {
    const steps = [...new Set(job.asked.map(({ step }) => step))].join(' ');
    const commands = settleCommands(job, limits);
    return `if _wanted ${steps}; then\n_started ${i}\n{ ${commands}; } 2>&1\n_settled ${i} $? ${steps}\nfi`;
  }
  const { change } = job;
  const commands = change.kind === 'write' ? writeCommands(change) : runCommand(change, runTimeoutMs(change, limits));
  return `if [ -z "$_stop" ]; then\n_started ${i}\n{ ${commands}; } 2>&1\n_ended ${i} $?\nfi`;
}

/** A shell reads its text from stdin, so that the text can stand there and not in its argv, which all users of the host can see. */
const FROM_STDIN = '_l=$(cat) && exec </dev/null && eval "$_l"';

function runCommand({ argv, sensitive }: Run, ms: number): string {
  const [program, flag, text, , ...args] = argv;
  if (sensitive !== true || program !== 'sh' || flag !== '-c' || text === undefined) return limited(argv, ms);
  const whole = args.length === 0 ? text : `set -- ${args.map(quote).join(' ')}\n${text}`;
  return `printf %s ${quote(whole)} | ${limited(['sh', '-c', FROM_STDIN], ms)}`;
}

function commandsOf(job: Extract<Job, { kind: 'settle' }>): readonly Argv[] {
  const settling = settlingOf(job);
  if (settling.what === 'reboot') throw new TypeError('a reboot ends the session, so it is no part of an act');
  return settlingCommands(settling);
}

/** The limit of each command of a settling: a guest is waited for as long as was said. */
function settleMs(job: Extract<Job, { kind: 'settle' }>, { runTimeoutMs }: Limits): number {
  const settling = settlingOf(job);
  if (settling.what === 'domain-restart') return settling.timeoutMs + runTimeoutMs;
  return settling.what === 'initramfs' ? runTimeoutMs * INITRAMFS_FACTOR : runTimeoutMs;
}

function settleCommands(job: Extract<Job, { kind: 'settle' }>, limits: Limits): string {
  const commands = commandsOf(job).map((argv) => {
    // It fails where the unit never failed or is not loaded, which is no reason not to restart it.
    if (argv[1] === 'reset-failed') return `{ ${limited(argv, limits.runTimeoutMs)} >/dev/null 2>&1 || :; }`;
    return limited(argv, settleMs(job, limits));
  });
  return commands.join(' && ');
}

function limited(argv: Argv, ms: number): string {
  return `_limited ${Math.ceil(ms / 1000)} ${quoteArgv(argv)}`;
}
