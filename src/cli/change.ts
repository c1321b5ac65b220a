import type { LoadedWork } from '../config/load.ts';
import type { Host } from '../core/host.ts';
import type { HostOutcome } from '../core/outcome.ts';
import type { Work } from '../core/work.ts';
import { exitCode } from '../engine/exit-code.ts';
import { fleetLines } from '../report/fleet-text.ts';
import { countOf } from '../report/summary.ts';
import { confirm, hasTerminal } from './asking.ts';
import type { Args, FleetArgs } from './command-flags.ts';
import { conduct, present } from './conduct.ts';
import type { Io } from './io.ts';
import { type Reach, withReach } from './reach.ts';
import { refuseTooMany, usageError } from './usage.ts';

/** Somebody said no, which is as if they had pressed Ctrl-C. */
const INTERRUPTED = 130;
const YES = 'Use -y to go on without being asked, or -C to see the plan.';

type PlanArgs = FleetArgs & Pick<Args<'task'>, 'diff' | 'detailed-exitcode'>;
type ChangeArgs = PlanArgs & Pick<Args<'task'>, 'check' | 'yes'>;

/** Looks and plans, and shows it; nothing is changed. */
export async function planOnly({ work }: LoadedWork, args: PlanArgs, io: Io): Promise<number> {
  refuseTooMany(work.hosts.length, args['max-hosts']);
  return await withReach({ args, io, hosts: hostsOf(work) }, async (reach) => {
    const planned = await conduct('plan', work, { reach, io });
    const exit = exitCode(planned.outcome, { detailed: args['detailed-exitcode'] === true });
    present(planned, exit, reach.output);
    return exit;
  });
}

/** Brings the hosts to what the work says. Without -y it plans, shows and asks before; with -y each host is looked at only once. */
export async function bringAbout(loaded: LoadedWork, args: ChangeArgs, io: Io): Promise<number> {
  if (args.check === true) return await planOnly(loaded, args, io);
  const { work } = loaded;
  refuseTooMany(work.hosts.length, args['max-hosts']);
  if (args.yes !== true && !hasTerminal()) throw usageError('changes are not made without a yes, and there is no terminal to ask on', YES);
  return await withReach({ args, io, hosts: hostsOf(work) }, async (reach) => {
    if (args.yes !== true) {
      const decided = await decide(loaded, args, { reach, io });
      if (decided !== 'go on') return decided;
    }
    const done = await conduct('run', work, { reach, io });
    const exit = exitCode(done.outcome, { detailed: false });
    present(done, exit, reach.output);
    return exit;
  });
}

/** Plans, shows the plan and asks; an exit status where that is the end. */
async function decide({ work }: LoadedWork, args: PlanArgs, at: { readonly reach: Reach; readonly io: Io }): Promise<'go on' | number> {
  const planned = await conduct('plan', work, at);
  const exit = exitCode(planned.outcome, { detailed: args['detailed-exitcode'] === true });
  const { output } = at.reach;
  const pending = planned.outcome.hosts.filter(isPending);
  if (planned.outcome.interrupted || pending.length === 0) {
    present(planned, exit, output);
    return exit;
  }
  output.talk(fleetLines(planned.report, output.talkStyle));
  if (await confirm(`Make these changes on ${countOf(pending.length, 'host')}?`, YES)) return 'go on';
  output.talk(['nothing was changed']);
  return INTERRUPTED;
}

function hostsOf({ hosts }: Work): readonly Host[] {
  return hosts.map(({ host }) => host);
}

/** Whether a run would change the host. */
function isPending({ steps }: HostOutcome): boolean {
  return steps.some(({ outcome }) => outcome.status === 'drift' || outcome.status === 'unknown');
}
