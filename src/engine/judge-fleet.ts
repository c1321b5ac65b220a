import { DroverError } from '../core/errors.ts';
import type { HostOutcome } from '../core/outcome.ts';
import type { HostWork, Work } from '../core/work.ts';
import { type Drive, happen } from './drive.ts';
import { type FleetOptions, withSession } from './fleet.ts';
import { forEachHost } from './for-each-host.ts';
import { type Judging, judgeHost } from './gate.ts';
import { afterEvent } from './rollout.ts';
import { type HostVerdict, sayVerdict } from './verdict.ts';
import type { Batch } from './waves.ts';

/** Asks the gate of every host of the batch that was changed. */
export async function judgeBatch(drive: Drive, { name, hosts }: Batch): Promise<void> {
  const { options, outcomes, byName, measured, work } = drive;
  const changed = hosts.filter((host) => outcomes.get(host)?.status === 'changed').flatMap((host) => byName.get(host) ?? []);
  const verdicts = await judgeHosts(changed, options, { gate: work.gate, before: (host) => measured.get(host) });
  const { verdict } = sayVerdict(verdicts);
  const held = verdicts.filter((one) => one.verdict !== 'pass');
  const event = { type: 'judged', hosts: verdicts } as const;
  const through = verdict === 'pass' || afterEvent(drive.state, event).passed.has(name);
  options.listener({ type: 'gate judged', wave: name, verdict, through, hosts: held, at: options.now() });
  for (const one of held) failAtGate(outcomes, one);
  await options.durable();
  happen(drive, event);
}

/** A host whose gate fails has failed, whatever its steps came to. */
function failAtGate(outcomes: Map<string, HostOutcome>, { host, verdict, because }: HostVerdict): void {
  const outcome = outcomes.get(host);
  if (outcome === undefined || verdict !== 'fail') return;
  const error = new DroverError('GATE_FAILED', `its gate failed: ${because}`, { where: { host } });
  outcomes.set(host, { ...outcome, status: 'failed', error });
}

/** Asks the gate of every host as it is now, whatever changed it. */
export async function judgeFleet(work: Work, options: FleetOptions): Promise<readonly HostVerdict[]> {
  return await judgeHosts(work.hosts, options, { gate: work.gate, before: () => 'as now' });
}

interface Asking {
  readonly gate: Judging['gate'];
  readonly before: (host: string) => Judging['before'];
}

async function judgeHosts(hosts: readonly HostWork[], options: FleetOptions, { gate, before }: Asking): Promise<readonly HostVerdict[]> {
  const { now, concurrency, limits, durable, interrupt } = options;
  const judge = async (one: HostWork): Promise<HostVerdict> => {
    const host = one.host.name;
    const inside = { host, limits, listener: () => {}, now, durable };
    try {
      return await withSession(one.host, options, (session) => judgeHost(session, one, { gate, before: before(host), options: inside }));
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      return { host, verdict: 'inconclusive', because: error.message };
    }
  };
  const verdicts = await forEachHost(hosts, judge, { concurrency, stop: () => interrupt.cut.aborted });
  return hosts.map(({ host }, i) => verdicts[i] ?? { host: host.name, verdict: 'inconclusive', because: 'it was not asked' });
}
