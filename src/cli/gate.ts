import { judgeFleet } from '../engine/fleet/judge-fleet.ts';
import { worst } from '../engine/fleet/verdict.ts';
import { foldEntries, hostsLabel } from '../report/fold.ts';
import { printable } from '../report/printable.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { outputFor, refuse, warn } from './output.ts';
import { withReach } from './reach.ts';
import { refuseTooMany, usageError } from './usage.ts';
import { loadPlaybookFor } from './work.ts';

/** Where a gate would hold a run, as there. */
const HELD = 6;
const RANKS = ['fail', 'inconclusive', 'pass'] as const;

/** `drover gate PLAYBOOK`: what the gate would say of every host now; nothing is changed. */
export async function gateCommand(args: Args<'gate'> & { readonly playbook: string }, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const loaded = await loadPlaybookFor(args.playbook, args, io);
  if (!loaded.ok) return refuse(output, loaded.mistakes);
  warn(output, loaded.value.warnings);
  const { work } = loaded.value;
  refuseTooMany(work.hosts.length, args['max-hosts']);
  if (work.gate === undefined && work.hosts.every(({ gate }) => gate === undefined))
    throw usageError(`${args.playbook} has no gate`, 'Write `gate:` under `rollout:`.');
  return await withReach({ args, io, hosts: work.hosts.map(({ host }) => host) }, async (reach) => {
    const { connector, concurrency, interrupt, limits } = reach;
    const options = {
      connect: connector.connect,
      concurrency,
      interrupt,
      limits,
      listener: reach.log,
      now: Date.now,
      durable: async () => {},
    };
    const verdicts = await judgeFleet(work, options);
    const { verdict } = worst(verdicts);
    const exit = verdict === 'pass' ? 0 : HELD;
    if (reach.output.format !== 'human') reach.output.json({ exit, verdict, hosts: verdicts.map((one) => ({ ...one })) });
    else {
      const entries = verdicts.map(({ host, verdict: own, because }) => ({
        name: host,
        rank: RANKS.indexOf(own),
        lines: [because],
        own: [host],
      }));
      const { red, green, bold } = reach.output.style.paint;
      const lines = foldEntries(entries).map(({ names, rank, lines: [because = ''] }) => {
        const word = RANKS[rank] ?? 'fail';
        const said = `${bold(printable(hostsLabel(names)))}: ${(word === 'pass' ? green : red)(word)}`;
        return because === '' ? said : `${said}: ${printable(because)}`;
      });
      reach.output.data(lines);
    }
    return exit;
  });
}
