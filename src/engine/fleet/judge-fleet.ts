import { DroverError } from '../../core/errors.ts';
import type { Gate, Measures, Untouched } from '../../core/gate.ts';
import type { HostOutcome } from '../../core/outcome.ts';
import type { HostWork, Work } from '../../core/work.ts';
import { type Drive, happen } from './drive.ts';
import { type FleetOptions, withSession } from './fleet.ts';
import { forEachHost } from './for-each-host.ts';
import { type Judging, judgeHost, measureHost } from './gate.ts';
import { afterEvent } from './rollout.ts';
import { comparedWith, compares, sampleOf, untouchedHosts } from './untouched.ts';
import { type HostVerdict, sayVerdict } from './verdict.ts';
import type { Batch } from './waves.ts';

/** Measures, before a batch starts, the hosts that it will be compared with. */
export async function measureUntouched(drive: Drive): Promise<void> {
  const { options, work } = drive;
  if (work.gate === undefined || !compares(work.gate)) return;
  const found = await measureHosts(untouchedHosts(drive.state), drive, work.gate);
  for (const [host, measures] of found) {
    drive.measured.set(host, measures);
    options.listener({ type: 'measured', host, measures, at: options.now() });
  }
}

/** Asks the gate of every host of the batch that was changed. */
export async function judgeBatch(drive: Drive, { name, hosts }: Batch): Promise<void> {
  const { options, outcomes, byName, measured, work } = drive;
  const changed = hosts.filter((host) => outcomes.get(host)?.status === 'changed').flatMap((host) => byName.get(host) ?? []);
  const others = untouchedHosts(drive.state);
  const { gate, unasked } = askable(work.gate, others);
  const isAsked = (gate?.conditions.length ?? 0) > 0 || changed.some((one) => one.gate !== undefined);
  const untouched =
    gate !== undefined && compares(gate) ? comparedWith(others, measured, await measureHosts(others, drive, gate)) : undefined;
  const asking = { gate, before: (host: string) => measured.get(host), untouched: () => untouched };
  const verdicts = isAsked ? await judgeHosts(changed, options, asking) : [];
  const said = sayVerdict(verdicts).verdict;
  const held = verdicts.filter((one) => one.verdict !== 'pass');
  const event = { type: 'judged', hosts: verdicts } as const;
  const through = said === 'pass' || afterEvent(drive.state, event).passed.has(name);
  const verdict = isAsked ? said : 'not asked';
  options.listener({ type: 'gate judged', wave: name, verdict, through, hosts: held, unasked, at: options.now() });
  for (const one of held) failAtGate(outcomes, one, through);
  await options.durable();
  happen(drive, event);
}

/** What can be asked of a gate: where no host is left untouched, nothing that compares with one. */
function askable(
  gate: Gate | undefined,
  others: readonly string[],
): { readonly gate: Gate | undefined; readonly unasked: readonly string[] } {
  if (gate === undefined || others.length > 0) return { gate, unasked: [] };
  const unasked = gate.conditions.filter((condition) => condition.compares).map(({ text }) => text);
  return { gate: { ...gate, conditions: gate.conditions.filter((condition) => !condition.compares) }, unasked };
}

/** Measures hosts as they are now; those that do not answer are left out. */
async function measureHosts(names: readonly string[], { options, byName }: Pick<Drive, 'options' | 'byName'>, gate: Gate) {
  const { concurrency, interrupt } = options;
  const found = new Map<string, Measures>();
  const measure = async ({ host }: HostWork): Promise<void> => {
    try {
      found.set(host.name, await withSession(host, options, (session) => measureHost(session, gate, options)));
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
    }
  };
  const hosts = names.flatMap((name) => byName.get(name) ?? []);
  await forEachHost(hosts, measure, { concurrency, stop: () => interrupt.stop.aborted });
  return found;
}

/** A host whose gate fails has failed, whatever its steps came to. */
function failAtGate(outcomes: Map<string, HostOutcome>, { host, verdict, because }: HostVerdict, through: boolean): void {
  const outcome = outcomes.get(host);
  if (outcome === undefined || verdict !== 'fail') return;
  const hint = through ? { hint: 'The run went on without it: put it right and see `drover gate`, or `drover rollback` it with -l.' } : {};
  const error = new DroverError('GATE_FAILED', `its gate failed: ${because}`, { where: { host }, ...hint });
  outcomes.set(host, { ...outcome, status: 'failed', error });
}

/** Asks the gate of every host as it is now, whatever changed it; where it compares, with some of the others. */
export async function judgeFleet(work: Work, options: FleetOptions): Promise<readonly HostVerdict[]> {
  const { gate, hosts } = work;
  const byName = new Map(hosts.map((one) => [one.host.name, one]));
  const sample =
    gate !== undefined && compares(gate) ? await measureHosts(sampleOf([...byName.keys()]), { options, byName }, gate) : new Map();
  const untouched = (host: string): Untouched | undefined => {
    const others = [...sample.keys()].filter((name) => name !== host);
    return others.length === 0 ? undefined : comparedWith(others, sample, sample);
  };
  return await judgeHosts(hosts, options, { gate, before: () => 'as now', untouched });
}

interface Asking {
  readonly gate: Judging['gate'];
  readonly before: (host: string) => Judging['before'];
  readonly untouched: (host: string) => Judging['untouched'];
}

async function judgeHosts(hosts: readonly HostWork[], options: FleetOptions, asking: Asking): Promise<readonly HostVerdict[]> {
  const { gate, before, untouched } = asking;
  const { now, concurrency, limits, durable, interrupt } = options;
  const judge = async (one: HostWork): Promise<HostVerdict> => {
    const host = one.host.name;
    const inside = { host, limits, listener: () => {}, now, durable };
    try {
      return await withSession(one.host, options, (session) =>
        judgeHost(session, one, { gate, before: before(host), untouched: untouched(host), options: inside }),
      );
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      return { host, verdict: 'inconclusive', because: error.message };
    }
  };
  const verdicts = await forEachHost(hosts, judge, { concurrency, stop: () => interrupt.cut.aborted });
  return hosts.map(({ host }, i) => verdicts[i] ?? { host: host.name, verdict: 'inconclusive', because: 'it was not asked' });
}
