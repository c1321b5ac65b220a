import type { Change } from '../../core/change.ts';
import type { DroverError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { blocked, type StepPlan, type Unknown } from '../../core/plan.ts';
import { type Probe, type Reading, type Readings, readKey } from '../../core/probe.ts';
import { isReboot } from '../../core/reboot.ts';
import type { HostStep, StepFinding } from '../../core/step.ts';
import { answer } from '../look/ask.ts';
import { effectOn } from './overlay.ts';
import type { Prepared } from './prepare.ts';

/** Of a read's key so many characters are shown. */
const MOST = 64;

/** A step's place in the plan of a whole host. */
export interface Foreseen {
  readonly step: HostStep;
  readonly plan: StepPlan;
  /** The step cannot even be prepared. */
  readonly error?: DroverError;
  /** What `register` keeps; absent where it is not known yet, or rests on readings that are only predicted. */
  readonly result?: Json;
  /** What the step is planned with; absent where that is secret. */
  readonly params?: Json;
  /** Its commands are planned for the host as it is after a settling, which comes at the end of the round: so not in this one. */
  readonly waits: boolean;
}

/** What is known of a read's answer at one place of the plan. */
type Known = { readonly reading: Reading; readonly predicted: boolean } | { readonly touchedBy: number };

interface Outlook {
  readonly known: Map<string, Known>;
  /** Steps whose settling touches or predicts the answer, by key. */
  readonly settling: Set<string>;
  /** The first step whose changes nobody can tell yet. */
  doubt?: number;
}

/**
 * Plans the steps in order, each over the readings as they will be after the changes of those before it: predicted where a
 * change says what follows, `unknown` where it does not. Steps in `done` have made their changes before the look. A reboot that
 * is not allowed changes nothing, nor does a step in `declined`: what rests on its result is left out. Pure.
 */
export function foresee(prepared: readonly Prepared[], readings: Readings, { done, declined, reboots }: Standing): readonly Foreseen[] {
  const known = Object.entries(readings).map(([key, reading]) => [key, { reading, predicted: false }] as const);
  const outlook: Outlook = { known: new Map<string, Known>(known), settling: new Set() };
  const now: Outlook = { known: new Map<string, Known>(known), settling: new Set() };
  const lost = new Map<string, number>();
  return prepared.map((one) => {
    const { number } = one.step;
    // What a step has done must show in what is there now, whatever others will do yet.
    const seen = restsOnLost(one.step, lost) ?? foreseeStep(one, done.has(number) ? now : outlook);
    const isDeclined = declined.has(number) && !done.has(number) && seen.plan.status === 'drift';
    noteLost(one.step, lost, isDeclined);
    if (done.has(number) || isDeclined) return seen;
    if (seen.plan.status === 'unknown') outlook.doubt ??= one.step.number;
    if (seen.plan.status === 'drift') {
      for (const change of seen.plan.changes) if (reboots || !isReboot(change)) lay(outlook, change, one.step.number);
    }
    return seen;
  });
}

/** How far the steps of a plan have come. */
interface Standing {
  readonly done: ReadonlySet<number>;
  readonly declined: ReadonlySet<number>;
  readonly reboots: boolean;
}

/** Names that nobody registers any more, with the declined step that it comes from; a step that needs one passes that on. */
function noteLost({ number, needs, register }: HostStep, lost: Map<string, number>, isDeclined: boolean): void {
  const from = isDeclined ? number : needs.map((name) => lost.get(name)).find((found) => found !== undefined);
  if (register === undefined) return;
  if (from === undefined) lost.delete(register);
  else lost.set(register, from);
}

function restsOnLost(step: HostStep, lost: ReadonlyMap<string, number>): Foreseen | undefined {
  const from = step.needs.map((name) => lost.get(name)).find((found) => found !== undefined);
  if (from === undefined) return undefined;
  return { step, plan: { status: 'skipped', because: `it rests on what step ${from} registers, and that was declined` }, waits: false };
}

function foreseeStep(prepared: Prepared, outlook: Outlook): Foreseen {
  const { step } = prepared;
  switch (prepared.status) {
    case 'waiting':
      return { step, plan: unknown(prepared.after, `it needs what step ${prepared.after} registers`), waits: false };
    case 'failed':
      return { step, plan: blocked(prepared.error.message, prepared.error.hint), error: prepared.error, waits: false };
    case 'ready':
      return foreseeProbe(step, prepared.probe, outlook);
    default:
      return prepared satisfies never;
  }
}

function foreseeProbe(step: HostStep, probe: Probe<StepFinding>, outlook: Outlook): Foreseen {
  const keys = probe.reads.map(readKey);
  const open = openQuestion(keys, outlook);
  if (open !== undefined) return { step, plan: open, waits: false };
  const readings = Object.fromEntries(keys.flatMap((key) => readingOf(outlook.known.get(key), key)));
  const finding = answer(probe, readings);
  const sure = keys.every((key) => isSure(outlook.known.get(key)));
  if ('skipped' in finding) {
    return { step, plan: { status: 'skipped', because: finding.skipped }, ...(sure ? { result: null } : {}), waits: false };
  }
  const { plan, result, params } = finding;
  const runs = plan.status === 'drift' && plan.changes.some(({ kind }) => kind === 'run');
  const waits = runs && keys.some((key) => outlook.settling.has(key));
  return { step, plan, ...(sure ? { result } : {}), ...(params === undefined ? {} : { params }), waits };
}

function openQuestion(keys: readonly string[], { known, doubt }: Outlook): Unknown | undefined {
  if (doubt !== undefined && keys.length > 0) return unknown(doubt, `step ${doubt} may change what it reads`);
  const touched = keys.flatMap((key) => {
    const one = known.get(key);
    return one !== undefined && 'touchedBy' in one ? [{ key, step: one.touchedBy }] : [];
  });
  const last = touched.sort((a, b) => b.step - a.step)[0];
  return last === undefined ? undefined : unknown(last.step, `step ${last.step} changes the answer to: ${brief(last.key)}`);
}

function unknown(after: number, because: string): Unknown {
  return { status: 'unknown', after, because };
}

function readingOf(known: Known | undefined, key: string): readonly (readonly [string, Reading])[] {
  return known !== undefined && 'reading' in known ? [[key, known.reading]] : [];
}

function isSure(known: Known | undefined): boolean {
  return known !== undefined && 'reading' in known && !known.predicted;
}

/** Lays what a change leads to over what is known. */
function lay({ known, settling }: Outlook, change: Change, step: number): void {
  for (const [key, before] of known) {
    const reading = 'reading' in before ? before.reading : { status: -1, stdout: '', stderr: '' };
    const effect = effectOn(change, key, reading);
    if (effect.kind === 'none') continue;
    if (effect.kind === 'leads to') known.set(key, { reading: effect.reading, predicted: true });
    if (effect.kind === 'touched') known.set(key, { touchedBy: step });
    if (change.kind === 'settle') settling.add(key);
  }
}

/** A read's key for people: of a long command its beginning says enough. */
function brief(key: string): string {
  return key.length <= MOST ? key : `${key.slice(0, MOST - 1)}…`;
}
