import type { Steering } from '../core/control.ts';
import { DroverError } from '../core/errors.ts';
import type { JournalRecord, RunStarted } from './record.ts';
import { follow, freshTrack, type HostHistory, hostHistory, noteGate, type Track } from './track.ts';

/** A run as its journal tells it. */
export interface RunHistory {
  readonly start: RunStarted;
  readonly hosts: readonly HostHistory[];
  readonly stopped?: string;
  /** Absent while it runs, and where it was cut. */
  readonly end?: { readonly exit: number; readonly at: number };
  /** Waves (with the number of their batch) whose gate has let the run through. */
  readonly passed: readonly string[];
  /** Those that have baked to the end. */
  readonly baked: readonly string[];
  /** The last wave that began, with the number of its batch. */
  readonly wave?: string;
  /** What people told it while it ran. */
  readonly steered: readonly { readonly what: Steering; readonly by: string; readonly at: number }[];
  /** How often it was gone on with. */
  readonly continued: number;
}

/** What is known of the run as a whole while its records are read. */
interface Whole {
  passed: readonly string[];
  baked: readonly string[];
  readonly steered: RunHistory['steered'][number][];
  stopped?: string;
  end?: { readonly exit: number; readonly at: number };
  wave?: string;
  continued: number;
}

/** What the records of a journal come to. Pure. Throws JOURNAL_UNREADABLE, with its place, where they do not begin as a run does. */
export function historyOf(records: readonly JournalRecord[], place: string): RunHistory {
  const [start] = records;
  if (start?.type !== 'run started')
    throw new DroverError('JOURNAL_UNREADABLE', `${place}: its journal does not begin with the start of a run`);
  const tracks = new Map<string, Track>(start.hosts.map(({ name }) => [name, freshTrack(name)]));
  const waves = new Map<string, readonly string[]>();
  const whole: Whole = { passed: [], baked: [], steered: [], continued: 0 };
  for (const record of records) {
    const track = 'host' in record ? tracks.get(record.host) : undefined;
    if ('host' in record && track !== undefined) follow(track, record);
    if (record.type === 'wave started') waves.set(record.wave, record.hosts);
    if (record.type === 'gate judged') noteGate(tracks, record, waves.get(record.wave) ?? []);
    followRun(whole, record);
  }
  return { start, hosts: [...tracks.values()].map(hostHistory), ...whole };
}

function followRun(whole: Whole, record: JournalRecord): void {
  switch (record.type) {
    case 'wave started':
      whole.wave = record.wave;
      // Hosts of it are gone through again: nobody has seen how that comes out.
      whole.passed = without(whole.passed, record.wave);
      whole.baked = without(whole.baked, record.wave);
      return;
    case 'baked':
      whole.baked = [...whole.baked, record.wave];
      return;
    case 'gate judged': {
      const others = without(whole.passed, record.wave);
      whole.passed = record.through || record.verdict === 'pass' ? [...others, record.wave] : others;
      return;
    }
    case 'steered':
      whole.steered.push({ what: record.what, by: record.by, at: record.at });
      return;
    case 'stopped':
      whole.stopped = record.because;
      return;
    case 'run ended':
      whole.end = { exit: record.exit, at: record.at };
      return;
    case 'run continued':
      delete whole.stopped;
      delete whole.end;
      whole.continued += 1;
      return;
    default:
  }
}

function without(waves: readonly string[], wave: string): readonly string[] {
  return waves.filter((one) => one !== wave);
}
