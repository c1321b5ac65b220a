import type { HostStatus } from '../core/outcome.ts';
import type { HostStory, StepStory, Story } from '../core/story.ts';
import { foldEntries } from './fold.ts';
import { printable, printableLines } from './printable.ts';
import { duration, rankOf, STATUSES } from './summary.ts';

/** A change on the page. `due`: a plan's. `open`: it was begun, and nobody knows how it ended. */
export interface PageChange {
  readonly what: string;
  readonly because: string;
  readonly end: 'due' | 'done' | 'failed' | 'open';
  readonly isReboot: boolean;
  readonly isForGood: boolean;
  readonly diff: readonly string[];
  /** What the failed change printed. */
  readonly output?: string;
}

export interface PageHost extends HostStory<PageChange> {
  readonly address?: string;
}

/** A plan or a run, as its page tells it. */
export interface RunPage extends Story<PageChange> {
  readonly title: string;
  /** How it stands: `running`, `held`, `cut`, `exit 0`, `plan`. */
  readonly state: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly stopped?: string;
  readonly hosts: readonly PageHost[];
}

/** What a line of a host's part is, which decides how it looks. */
export type LineKind = 'error' | 'step' | 'why' | 'hint' | 'change' | 'reason' | 'diff' | 'output';

/** Hosts of which the same is to be told. */
export interface PageGroup {
  readonly names: readonly string[];
  readonly status: HostStatus | 'running';
  readonly lines: readonly { readonly kind: LineKind; readonly words: readonly string[] }[];
  /** From the first begin to the last end, and how long a host took. */
  readonly times?: { readonly from: number; readonly to?: number; readonly took: string };
}

/** Hosts folded as on the terminal, the worst first, then those under way; times do not keep equal hosts apart. */
export function groupsOf(hosts: readonly PageHost[]): readonly PageGroup[] {
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const entries = hosts.map((host) => ({
    name: host.name,
    rank: host.status === 'running' ? RUNNING : rankOf(host.status),
    lines: hostLines(host).map(({ kind, words }) => [kind, ...words].join(SEPARATOR)),
    own: [host.name, host.address ?? ''],
  }));
  return foldEntries(entries).map(({ names, rank, lines }) => ({
    names,
    status: rank === RUNNING ? 'running' : (STATUSES[rank] ?? 'failed'),
    lines: lines.map((line) => {
      const [kind = 'why', ...words] = line.split(SEPARATOR);
      return { kind: kind as LineKind, words };
    }),
    ...timesOf(names.flatMap((name) => byName.get(name) ?? [])),
  }));
}

/** Behind all that have ended badly. */
const RUNNING = 3.5;
/** Stands in no printable text. */
const SEPARATOR = '\0';

type Line = PageGroup['lines'][number];

function line(kind: LineKind, ...words: readonly string[]): Line {
  return { kind, words: words.map(printable) };
}

function hostLines({ because, steps }: PageHost): readonly Line[] {
  const isTold = steps.some((step) => step.status === 'failed' && step.because === because);
  // Steps that were not reached all have one reason, which is the host's own or that of the step before.
  const told = steps.map((step, i) =>
    step.status === 'not reached' && (step.because === because || step.because === steps[i - 1]?.because)
      ? { ...step, because: undefined }
      : step,
  );
  return [...(because === undefined || isTold ? [] : [line('error', because)]), ...told.flatMap(stepLines)];
}

function stepLines({
  number,
  name,
  task,
  status = 'under way',
  because,
  hint,
  takenBack,
  changes,
}: StepStory<PageChange>): readonly Line[] {
  return [
    line('step', status, `${number}`, name, task),
    ...(because === undefined ? [] : [line('why', because)]),
    ...(hint === undefined ? [] : [line('hint', hint)]),
    ...(takenBack === undefined || takenBack === 'nothing to take back' ? [] : [line('why', `what was made of it: ${takenBack}`)]),
    ...changes.flatMap(changeLines),
  ];
}

function changeLines({ what, because, end, isReboot, isForGood, diff, output }: PageChange): readonly Line[] {
  return [
    line('change', end, what, isReboot ? 'reboot' : '', isForGood ? 'cannot be taken back' : ''),
    line('reason', because),
    ...diff.map((text) => line('diff', text)),
    ...printableLines(output ?? '').map((text) => line('output', text)),
  ];
}

function timesOf(hosts: readonly PageHost[]): Pick<PageGroup, 'times'> {
  const begun = hosts.flatMap(({ beganAt }) => beganAt ?? []);
  if (begun.length === 0) return {};
  const ended = hosts.flatMap(({ endedAt }) => endedAt ?? []);
  const took = hosts.flatMap(({ beganAt, endedAt }) => (beganAt === undefined || endedAt === undefined ? [] : [endedAt - beganAt]));
  const [least, most] = [Math.min(...took), Math.max(...took)].map(duration);
  return {
    times: {
      from: Math.min(...begun),
      ...(ended.length === hosts.length ? { to: Math.max(...ended) } : {}),
      took: took.length === 0 ? '' : least === most ? `${least}` : `${least} to ${most}`,
    },
  };
}
