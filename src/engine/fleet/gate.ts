import type { Gate, Measures, Untouched } from '../../core/gate.ts';
import type { HostOutcome } from '../../core/outcome.ts';
import type { Looker } from '../../core/session.ts';
import type { HostWork, Work } from '../../core/work.ts';
import { planHost } from '../host/converge.ts';
import type { HostOptions } from '../host/progress.ts';
import { answer, look } from '../look/ask.ts';
import { type HostVerdict, type Said, worst } from './verdict.ts';

/** Whether anything is asked between waves. */
export function hasGate({ gate, hosts }: Work): boolean {
  return (gate?.conditions.length ?? 0) > 0 || hosts.some((one) => one.gate !== undefined && one.gate.length > 0);
}

/** What a host's gate is asked with. */
export interface Judging {
  readonly gate: Gate | undefined;
  /** Measured before the wave; `as now` where the gate is only tried. */
  readonly before: Measures | 'as now' | undefined;
  readonly untouched: Untouched | undefined;
  readonly options: HostOptions;
}

/** What is measured of a host now. */
export async function measureHost(looker: Looker, { measure }: Gate, { limits }: Pick<HostOptions, 'limits'>): Promise<Measures> {
  return answer(measure, await look(looker, measure.reads, limits));
}

/** Asks a host's gate: its steps must be steady, and every condition over what was measured before and is now must be true. */
export async function judgeHost(
  looker: Looker,
  { host, gate: steps = [] }: HostWork,
  { gate, before, untouched, options }: Judging,
): Promise<HostVerdict> {
  const planned = steps.length === 0 ? undefined : await planHost(looker, steps, options);
  const byStep = planned === undefined ? [] : verdictsOf(planned);
  const after = gate === undefined || gate.conditions.length === 0 ? undefined : await measureHost(looker, gate, options);
  const conditions = after === undefined ? [] : (gate?.conditions ?? []);
  const byCondition = conditions.map(({ judge }) => judge({ before: before === 'as now' ? after : before, after: after ?? {}, untouched }));
  return { host: host.name, ...worst([...byStep, ...byCondition]) };
}

function verdictsOf({ steps, error }: HostOutcome): readonly Said[] {
  if (error !== undefined) return [{ verdict: 'inconclusive', because: error.message }];
  return steps.map(({ name, outcome }): Said => {
    if (outcome.status === 'steady' || outcome.status === 'skipped') return { verdict: 'pass', because: '' };
    const because =
      'because' in outcome
        ? outcome.because
        : outcome.status === 'drift'
          ? [...new Set(outcome.changes.map((one) => one.because))].join(', ')
          : '';
    return { verdict: 'fail', because: `${name}: ${because}` };
  });
}
