import type { Measures } from '../core/gate.ts';
import { type HostStatus, isBad } from '../core/outcome.ts';
import type { JournalRecord, Receipt, StoredStep } from './record.ts';

/** A step of which something was made and stands, or may stand. */
export interface StandingStep extends StoredStep {
  /** It was begun, and nobody knows how it ended. */
  readonly inDoubt: boolean;
}

/** How far a host has come. `running`: it was begun, and no end is on record. */
export interface HostHistory {
  readonly name: string;
  readonly status: HostStatus | 'running';
  readonly because?: string;
  /** A person ended the run while it was under way and nothing was wrong with it. */
  readonly isLeft: boolean;
  /** Its gate failed: that holds the run, to be asked again, or the run went on without this host. */
  readonly gate?: 'held' | 'failed';
  /** In the order in which they were made. */
  readonly standing: readonly StandingStep[];
  /** What was measured of it before its wave. */
  readonly measures?: Measures;
  /** One of each part of the run at most. */
  readonly reboots: readonly Receipt[];
}

type Act = Extract<JournalRecord, { type: 'act begun' }>;
type Judged = Extract<JournalRecord, { type: 'gate judged' }>;
type Ended = Extract<JournalRecord, { type: 'host ended' }>;

/** An act with the ends of its changes, as `step:index`. */
interface OpenAct {
  readonly act: Act;
  readonly ends: Map<string, boolean>;
}

/** A host while its records are read. */
export interface Track {
  readonly name: string;
  status: HostStatus | 'running';
  because: string | undefined;
  isLeft: boolean;
  gate: 'held' | 'failed' | undefined;
  standing: readonly StandingStep[];
  acts: OpenAct[];
  measures: Measures | undefined;
  readonly reboots: Receipt[];
}

/** A host of which nothing is on record. */
export function freshTrack(name: string): Track {
  return {
    name,
    status: 'not started',
    because: undefined,
    isLeft: false,
    gate: undefined,
    standing: [],
    acts: [],
    measures: undefined,
    reboots: [],
  };
}

/** A host whose gate fails has failed; one that was held there and is let through is changed as before. */
export function noteGate(tracks: ReadonlyMap<string, Track>, { hosts, through }: Judged, members: readonly string[]): void {
  for (const name of members) {
    const track = tracks.get(name);
    if (track?.gate === 'held') Object.assign(track, { status: 'changed', because: undefined, gate: undefined });
  }
  for (const { host, because } of hosts.filter(({ verdict }) => verdict === 'fail')) {
    const track = tracks.get(host);
    if (track !== undefined) Object.assign(track, { status: 'failed', because, gate: through ? 'failed' : 'held' });
  }
}

/** Takes a record of the host in. */
export function follow(track: Track, record: Extract<JournalRecord, { host: string }>): void {
  switch (record.type) {
    case 'host started':
      settled(track);
      Object.assign(track, { status: 'running', because: undefined, isLeft: false, gate: undefined });
      return;
    case 'act begun':
      track.acts.push({ act: record, ends: new Map() });
      return;
    case 'act refused':
      track.acts.pop();
      return;
    case 'lease broken':
      return;
    case 'measured':
      track.measures = record.measures;
      return;
    case 'change ended':
      track.acts.at(-1)?.ends.set(`${record.step}:${record.index}`, record.ok);
      return;
    case 'host ended':
      settled(track, record);
      track.status = record.status;
      track.because = record.because;
      track.isLeft = !isBad(record.status) && record.steps.some(({ status }) => status === 'not reached');
      if (record.reboot !== undefined) track.reboots.push(record.reboot);
      return;
    default:
      record satisfies never;
  }
}

/** Takes the acts since the host's last start into what stands: what was made, and what is in doubt. */
function settled(track: Track, end?: Ended): Track {
  for (const { act, ends } of track.acts) {
    if (act.back) continue;
    const wasTakenBack = (number: number): boolean => end?.steps.find((step) => step.number === number)?.takenBack === 'taken back';
    const steps = act.steps.filter(({ number }) => !wasTakenBack(number)).flatMap((step) => standingOf(step, ends, end));
    track.standing = [...track.standing, ...steps];
  }
  track.acts = [];
  return track;
}

function standingOf(step: StoredStep, ends: OpenAct['ends'], end: Ended | undefined): readonly StandingStep[] {
  const known = end !== undefined && end.status !== 'unknown';
  const changes = step.changes.filter((_, index) => ends.get(`${step.number}:${index}`) ?? !known);
  const inDoubt = !known && step.changes.some((_, index) => !ends.has(`${step.number}:${index}`));
  return changes.length === 0 ? [] : [{ ...step, changes, inDoubt }];
}

/** What a host has come to. */
export function hostHistory(track: Track): HostHistory {
  const { name, status, because, isLeft, gate, standing, measures, reboots } = settled(track);
  const said = { ...(because === undefined ? {} : { because }), isLeft, ...(gate === undefined ? {} : { gate }) };
  return { name, status, ...said, standing, ...(measures === undefined ? {} : { measures }), reboots };
}
