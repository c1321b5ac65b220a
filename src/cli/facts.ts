import { DroverError } from '../core/errors.ts';
import { all } from '../core/probe.ts';
import { answer } from '../engine/look/ask.ts';
import { hostFacts } from '../probes/host.ts';
import { virtualization } from '../probes/virtualization.ts';
import { errorLines } from '../report/error-text.ts';
import { factsLines } from '../report/facts-text.ts';
import { hostTable } from '../report/host-table.ts';
import { errorJson } from '../report/json.ts';
import { printable } from '../report/printable.ts';
import { hostsFor } from './adhoc-hosts.ts';
import type { Args } from './command-flags.ts';
import { FACTS_COLUMNS, type Facts } from './facts-columns.ts';
import type { Io } from './io.ts';
import { type Looked, lookAtAll } from './looking.ts';
import { type Output, outputFor, refuse } from './output.ts';
import { withReach } from './reach.ts';
import { refuseTooMany } from './usage.ts';

const wanted = all({ facts: hostFacts, virtualization });

/** What is known of a host, or why nothing is. */
type Known = { readonly host: string; readonly facts: Facts } | { readonly host: string; readonly error: DroverError };

/** `drover facts PATTERN`: one look a host. */
export async function factsCommand(args: Args<'facts'> & { readonly pattern: string }, io: Io): Promise<number> {
  const hosts = hostsFor(args.pattern, args, io);
  if (!hosts.ok) return refuse(outputFor(args, io), hosts.mistakes);
  refuseTooMany(hosts.value.length, args['max-hosts']);
  return await withReach({ args, io, hosts: hosts.value }, async (reach) => {
    const known = (await lookAtAll(hosts.value, wanted.reads, reach)).flatMap(understood);
    const exit = reach.interrupt.stop.aborted ? 130 : worst(known);
    if (reach.output.format === 'human')
      tell(known, reach.output, io.out.isTerminal ? (io.out.stream.columns ?? 80) : Number.POSITIVE_INFINITY);
    else
      reach.output.json({
        exit,
        hosts: known.map((one) => ('facts' in one ? { ...one } : { host: one.host, error: errorJson(one.error) })),
      });
    return exit;
  });
}

/** A host that was not begun with (after Ctrl-C) is left out. */
function understood(looked: Looked): readonly Known[] {
  const { host } = looked;
  if ('notStarted' in looked) return [];
  if ('error' in looked) return [{ host, error: looked.error }];
  try {
    const { facts, virtualization: found } = answer(wanted, looked.readings);
    return [{ host, facts: { ...facts, ...found } }];
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return [{ host, error: error.at({ host }) }];
  }
}

/** One host is told whole, and so are all with -v; else many are a table. */
function tell(known: readonly Known[], output: Output, width: number): void {
  const { paint, verbose } = output.style;
  const facts = new Map(known.flatMap((one) => ('facts' in one ? [[one.host, one.facts] as const] : [])));
  if (known.length === 1 || verbose > 0) output.data(factsLines(facts, paint));
  else {
    const { lines, leftOut } = hostTable(facts, FACTS_COLUMNS, { paint, width });
    output.data(lines);
    if (leftOut.length > 0) output.talk([paint.dim(`no room for: ${leftOut.join(', ')}; a wider terminal or -v shows them`)]);
  }
  for (const one of known) {
    if ('error' in one)
      output.talk([`${printable(one.host)}:`, ...errorLines(one.error, { host: one.host }, output.talkStyle).map((line) => `  ${line}`)]);
  }
}

function worst(known: readonly Known[]): number {
  const exits = known.map((one) => ('error' in one ? one.error.exit : 0));
  return exits.includes(2) ? 2 : Math.max(0, ...exits);
}
