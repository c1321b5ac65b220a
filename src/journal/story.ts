import type { HostStory, StepStory, Story, WaveStory } from '../core/story.ts';
import type { JournalRecord, StoredChange } from './record.ts';

/** A change of a run as its journal tells it. `open`: no end is on record. */
export interface ChangeStory {
  readonly change: StoredChange;
  readonly end: 'done' | 'failed' | 'open';
  readonly output?: string;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
interface Track extends Omit<Writable<HostStory<ChangeStory>>, 'steps'> {
  readonly steps: Map<number, Writable<StepStory<ChangeStory>> & { changes: ChangeStory[] }>;
  /** What `change ended` speaks of: by step, where the changes of the present act begin; none while something is taken back. */
  act: ReadonlyMap<number, number> | undefined;
}

/** What the records of a run tell, in full. Pure. A host that was gone on with has the ends of its last time, and all its changes. */
export function storyOf(records: readonly JournalRecord[]): Story<ChangeStory> {
  const waves = new Map<string, Writable<WaveStory>>();
  const tracks = new Map<string, Track>();
  for (const record of records) {
    if (record.type === 'run started')
      for (const { name } of record.hosts) tracks.set(name, { name, status: 'not started', steps: new Map(), act: undefined });
    else if ('host' in record) {
      const track = tracks.get(record.host);
      if (track !== undefined) follow(track, record);
    } else followWave(waves, record);
  }
  const hosts = [...tracks.values()].map(({ act: _, steps, ...host }) => ({
    ...host,
    steps: [...steps.values()].sort((a, b) => a.number - b.number),
  }));
  return { waves: [...waves.values()], hosts };
}

function followWave(waves: Map<string, Writable<WaveStory>>, record: JournalRecord): void {
  if (record.type === 'wave started') {
    const {
      endedAt: _,
      bad: _bad,
      gate: _gate,
      ...before
    } = waves.get(record.wave) ?? { name: record.wave, hosts: [], beganAt: record.at };
    waves.set(record.wave, { ...before, hosts: [...new Set([...before.hosts, ...record.hosts])] });
    return;
  }
  const wave = 'wave' in record ? waves.get(record.wave) : undefined;
  if (wave === undefined) return;
  if (record.type === 'wave ended') [wave.endedAt, wave.bad] = [record.at, record.bad];
  if (record.type === 'baking') wave.bakeMs = record.ms;
  if (record.type === 'gate judged') wave.gate = { verdict: record.verdict, hosts: record.hosts };
}

function follow(track: Track, record: Extract<JournalRecord, { host: string }>): void {
  switch (record.type) {
    case 'host started':
      track.status = 'running';
      track.beganAt ??= record.at;
      delete track.endedAt;
      return;
    case 'act begun':
      beginAct(track, record);
      return;
    case 'change ended': {
      const step = track.steps.get(record.step);
      const at = (track.act?.get(record.step) ?? Number.NaN) + record.index;
      const begun = step?.changes[at];
      if (step === undefined || begun === undefined) return;
      const output = record.output === undefined ? {} : { output: record.output };
      step.changes[at] = { ...begun, end: record.ok ? 'done' : 'failed', ...output };
      return;
    }
    case 'host ended':
      track.status = record.status;
      track.endedAt = record.at;
      if (record.because === undefined) delete track.because;
      else track.because = record.because;
      for (const { number, name, task, ...end } of record.steps) {
        const known = track.steps.get(number);
        const called = { name: name ?? known?.name ?? `step ${number}`, task: task ?? known?.task ?? '' };
        track.steps.set(number, { number, ...called, changes: known?.changes ?? [], ...end });
      }
      return;
    case 'act refused':
      for (const [number, from] of track.act ?? []) track.steps.get(number)?.changes.splice(from);
      return;
    case 'lease broken':
    case 'measured':
      return;
    default:
      record satisfies never;
  }
}

function beginAct(track: Track, { back, steps }: Extract<JournalRecord, { type: 'act begun' }>): void {
  if (back) {
    track.act = undefined;
    return;
  }
  const starts = new Map<number, number>();
  for (const { number, name, task, changes } of steps) {
    const step = track.steps.get(number) ?? { number, name, task, changes: [] };
    starts.set(number, step.changes.length);
    step.changes.push(...changes.map((change): ChangeStory => ({ change, end: 'open' })));
    track.steps.set(number, step);
  }
  track.act = starts;
}
