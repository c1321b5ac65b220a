import { DroverError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Probe, Readings } from '../../core/probe.ts';
import { readKey } from '../../core/probe.ts';
import type { HostStep, StepFinding } from '../../core/step.ts';

/** What earlier steps registered, as far as it is known. */
export type Registered = Readonly<Record<string, Json>>;

/**
 * A step before its look: with the probe; without what it needs for one; or with a registered value that does not
 * fit. `unasked`: it has all it needs by now, and waits for a look that asks what it reads.
 */
export type Prepared =
  | { readonly status: 'ready'; readonly step: HostStep; readonly probe: Probe<StepFinding> }
  | { readonly status: 'waiting'; readonly step: HostStep; readonly after: number; readonly unasked: boolean }
  | { readonly status: 'failed'; readonly step: HostStep; readonly error: DroverError };

/** Prepares the steps that have all they need by now; given the readings of a look, those that it answers. */
export function prepareSteps(steps: readonly HostStep[], registered: Registered, readings?: Readings): readonly Prepared[] {
  return steps.map((step, i): Prepared => {
    const after = Math.max(0, ...step.needs.map((name) => registrar(steps.slice(0, i), name)));
    if (step.needs.some((name) => !(name in registered))) return { status: 'waiting', step, after, unasked: false };
    try {
      const probe = step.prepare(registered);
      if (readings !== undefined && !isAnswered(probe, readings)) return { status: 'waiting', step, after, unasked: true };
      return { status: 'ready', step, probe };
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      return { status: 'failed', step, error };
    }
  });
}

function isAnswered(probe: Probe<StepFinding>, readings: Readings): boolean {
  return probe.reads.every((read) => readKey(read) in readings);
}

function registrar(earlier: readonly HostStep[], name: string): number {
  const step = earlier.findLast(({ register }) => register === name);
  if (step === undefined) throw new TypeError(`no earlier step registers ${name}`);
  return step.number;
}
