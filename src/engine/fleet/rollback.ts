import { type Change, describe, inverse, type Settle, type Write } from '../../core/change.ts';
import { type FileImage, fileImage } from '../../core/file.ts';
import type { Json } from '../../core/json.ts';
import { blocked, drift, type Plan, steady } from '../../core/plan.ts';
import { all, constant, each, map, type Probe } from '../../core/probe.ts';
import { isReboot } from '../../core/reboot.ts';
import { settledBack } from '../../core/settling.ts';
import type { HostStep, StepFinding } from '../../core/step.ts';
import type { Finding } from '../../core/task.ts';

/** A step of an earlier run whose changes stand on the host. */
export interface StandingStep {
  readonly number: number;
  readonly name: string;
  readonly task: string;
  readonly params?: Json;
  readonly repeats?: true;
  /** In the order in which they were made. */
  readonly changes: readonly Change[];
  /** It was begun, and nobody knows how it ended. */
  readonly inDoubt: boolean;
  /** Changes of which nothing but these words was kept, for they hold secrets. */
  readonly secret: readonly string[];
}

/** The task's own view of a step; undefined where nobody knows the task any more. */
export type Review = (task: string, params: Json) => Probe<Finding> | undefined;

/**
 * Steps that take back what stands, last first. A file goes back only while it is as the run left it; a command is taken back only
 * while its task still finds what the run brought about. What somebody changed since is refused; what has no way back is skipped.
 */
export function rollbackSteps(standing: readonly StandingStep[], review: Review): readonly HostStep[] {
  return merged(standing)
    .toReversed()
    .map((step, i): HostStep => {
      const probe = stepProbe(step, review);
      return {
        number: i + 1,
        name: `back: ${step.name}`,
        task: step.task,
        source: `step ${step.number} of the run`,
        needs: [],
        optional: false,
        prepare: () => probe,
      };
    });
}

/** Changes of a step that have no way back, in words; with one of them the whole step stays. */
export function lasting({ secret, changes }: StandingStep): readonly string[] {
  return [...secret, ...changes.filter((change) => inverse(change) === 'impossible').map(describe)];
}

/** A step that was gone through twice (after a resume) is one, at its last place. */
function merged(standing: readonly StandingStep[]): readonly StandingStep[] {
  return standing.flatMap((step, i) => {
    if (standing.slice(i + 1).some(({ number }) => number === step.number)) return [];
    const before = standing.slice(0, i).filter(({ number }) => number === step.number);
    const parts = [...before, step];
    return [{ ...step, changes: parts.flatMap(({ changes }) => changes), secret: parts.flatMap(({ secret }) => secret) }];
  });
}

function stepProbe(step: StandingStep, review: Review): Probe<StepFinding> {
  const stays = lasting(step);
  if (stays.length > 0) return constant({ skipped: `it cannot be taken back: ${stays.join(', ')}` });
  const writes = step.changes.filter((change) => change.kind === 'write');
  const paths = [...new Set(writes.map(({ path }) => path))];
  const hasRuns = step.changes.some(({ kind }) => kind === 'run');
  const view = hasRuns && step.params !== undefined ? review(step.task, step.params) : undefined;
  const seen = all<{ files: readonly FileSeen[]; finding: Finding | undefined }>({
    files: each(paths.map((path) => fileProbe(path, writes))),
    finding: view ?? constant(undefined),
  });
  return map(seen, ({ files, finding }) => {
    const doubt = hasRuns ? doubtOf(step, finding) : undefined;
    return doubt ?? { plan: planBack(step, files, hasRuns && doStand(step, finding)), result: null, params: { step: step.number } };
  });
}

/** How a file stands to a run's writes of it. One that was only lent to a command, e.g. to read it, was given back within the run. */
interface FileSeen {
  readonly path: string;
  readonly is: 'as the run left it' | 'as before the run' | 'only lent' | 'neither';
}

function fileProbe(path: string, writes: readonly Write[]): Probe<FileSeen> {
  const own = writes.filter((change) => change.path === path);
  const [before, after] = [own[0]?.before, own.at(-1)?.after];
  return map(fileImage(path), (found): FileSeen => {
    const isOther = found !== undefined && found.image === undefined;
    if (!isOther && isSame(before, after) && isSame(found?.image, after)) return { path, is: 'only lent' };
    if (!isOther && isSame(found?.image, after)) return { path, is: 'as the run left it' };
    if (!isOther && isSame(found?.image, before)) return { path, is: 'as before the run' };
    return { path, is: 'neither' };
  });
}

function isSame(a: FileImage | undefined, b: FileImage | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.content === b.content && a.encoding === b.encoding && a.mode === b.mode && a.owner === b.owner && a.group === b.group;
}

/** `stand`: what its commands brought about is still so. */
function planBack(step: StandingStep, files: readonly FileSeen[], stand: boolean): Plan {
  const changed = files.find(({ is }) => is === 'neither');
  if (changed !== undefined)
    return blocked(
      `${changed.path} was changed since the run`,
      'It is neither what the run left nor what stood there before; put it right by hand.',
    );
  const toDo = files.filter(({ is }) => is === 'as the run left it').map(({ path }) => path);
  const booted = step.changes.some(isReboot) ? ', or will be from the next boot on' : '';
  if (toDo.length === 0 && !stand) return steady(onlySettled(step) ?? `it is as it was before the run${booted}`);
  const hasRuns = step.changes.some(({ kind }) => kind === 'run');
  if (toDo.length > 0 && hasRuns && !stand && !step.inDoubt)
    return blocked(
      'its files are as the run left them, and what its commands brought about is not',
      'Somebody changed it since; put it right by hand.',
    );
  const lent = stand ? files.filter(({ is }) => is === 'only lent').map(({ path }) => path) : [];
  const back = step.changes
    .filter((change) => (change.kind === 'write' ? [...toDo, ...lent].includes(change.path) : change.kind === 'run' && stand))
    .toReversed()
    .flatMap((change) => inverted(change));
  const settlings = step.changes.flatMap((change) => (change.kind === 'settle' ? settleBack(change) : []));
  const plan = drift(...[...back, ...settlings].map((change) => ({ ...change, because: 'the run changed it' })));
  // Whether commands were taken back, their task cannot tell: what it looks at may be back already.
  return hasRuns ? { ...plan, repeats: true } : plan;
}

/** Of a restart nothing stands that could be taken back: what was broken before it is not broken again. */
function onlySettled({ changes }: StandingStep): string | undefined {
  if (changes.length === 0 || changes.some((change) => change.kind !== 'settle' || isReboot(change))) return undefined;
  return `all it did was: ${changes.map(describe).join(', ')}; of that nothing is left to take back`;
}

function settleBack(change: Settle): readonly Change[] {
  const settling = settledBack(change.settling);
  return settling === undefined ? [] : [{ ...change, settling }];
}

function inverted(change: Change): readonly Change[] {
  const back = inverse(change);
  return typeof back === 'string' ? [] : [back];
}

/** Commands leave no file to compare: their task says whether what they brought about is still so. */
function doStand({ repeats }: StandingStep, finding: Finding | undefined): boolean {
  return repeats === true || finding?.plan.status === 'steady';
}

/** Where nobody can say so, the step is left alone. */
function doubtOf({ repeats, task }: StandingStep, finding: Finding | undefined): StepFinding | undefined {
  if (repeats === true) return undefined;
  if (finding === undefined) return { skipped: `it cannot be told whether it stands: what ${task} was asked for is not on record` };
  const { plan } = finding;
  return plan.status === 'blocked' ? { skipped: `it cannot be told whether it stands: ${plan.because}` } : undefined;
}
