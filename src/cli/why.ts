import { why } from '../config/load.ts';
import { didYouMean } from '../config/source/nearest.ts';
import { tableLines } from '../report/table.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { outputFor, refuse } from './output.ts';
import { loadInventoryFor } from './targets.ts';

/** `drover why HOST NAME`: every place that sets the value; the last one holds. */
export async function whyCommand(args: Args<'why'> & { readonly host: string; readonly name: string }, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const inventory = loadInventoryFor(args, io);
  if (!inventory.ok) return refuse(output, inventory.mistakes);
  const host = inventory.value.hosts.get(args.host);
  if (host === undefined) {
    const hint = didYouMean(args.host, [...inventory.value.hosts.keys()]);
    return refuse(output, [{ source: args.host, message: 'there is no such host', hint }]);
  }
  const chain = why(inventory.value, args.host, args.name);
  if (chain.length === 0) {
    const message = `nothing in the inventory sets ${args.name} for ${args.host}`;
    return refuse(output, [{ source: args.name, message, hint: didYouMean(args.name, Object.keys(host.vars)) }]);
  }
  if (output.format !== 'human')
    output.json({ host: args.host, name: args.name, chain: chain.map(({ place, source, value }) => ({ place, source, value })) });
  else {
    const rows = chain.map(({ place, source, value }, at) => [
      at === chain.length - 1 ? 'holds' : '',
      JSON.stringify(value),
      place,
      source,
    ]);
    output.data(tableLines(['', 'value', 'set by', 'at'], rows, output.style.paint));
  }
  return 0;
}
