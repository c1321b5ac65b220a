import { dirname, resolve } from 'node:path';
import { type PlaybookReasons, type Reason, why, whyInPlaybook } from '../config/load.ts';
import { didYouMean } from '../config/source/nearest.ts';
import type { Checked } from '../core/mistake.ts';
import { printable } from '../report/printable.ts';
import { tableLines } from '../report/table.ts';
import type { Args } from './command-flags.ts';
import { loadInventoryFor } from './inventory.ts';
import type { Io } from './io.ts';
import { type Output, outputFor, refuse } from './output.ts';
import { catalogueOf } from './own-tasks.ts';

interface WhyWords {
  readonly host: string;
  readonly name: string;
  readonly playbook?: string | undefined;
}

/** `drover why HOST NAME [PLAYBOOK]`: every place that sets the value; the last one holds, in a step that sets it that step's. */
export async function whyCommand(args: Args<'why'> & WhyWords, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const inventory = loadInventoryFor(args, io);
  if (!inventory.ok) return refuse(output, inventory.mistakes);
  const host = inventory.value.hosts.get(args.host);
  if (host === undefined) {
    const hint = didYouMean(args.host, [...inventory.value.hosts.keys()]);
    return refuse(output, [{ source: args.host, message: 'there is no such host', hint }]);
  }
  const inside = await inPlaybook(args, io);
  if (!inside.ok) return refuse(output, inside.mistakes);
  const chain = [...why(inventory.value, args.host, args.name), ...inside.value.whole];
  if (chain.length + inside.value.steps.length === 0) {
    const message = `nothing in the inventory${args.playbook === undefined ? '' : ' and the playbook'} sets ${args.name} for ${args.host}`;
    return refuse(output, [{ source: args.name, message, hint: didYouMean(args.name, Object.keys(host.vars)) }]);
  }
  tell(args, { whole: chain, steps: inside.value.steps }, output);
  return 0;
}

async function inPlaybook({ playbook, name }: WhyWords, io: Io): Promise<Checked<PlaybookReasons>> {
  if (playbook === undefined) return { ok: true, value: { whole: [], steps: [] } };
  const catalogue = await catalogueOf(dirname(resolve(io.cwd, playbook)), dirname(playbook));
  if (!catalogue.ok) return catalogue;
  return whyInPlaybook(playbook, name, { tasks: catalogue.value.tasks, folder: io.cwd, home: io.home });
}

function tell({ host, name }: WhyWords, { whole, steps }: PlaybookReasons, output: Output): void {
  if (output.format !== 'human') {
    output.json({ host, name, chain: whole.map(reasonJson), ...(steps.length > 0 && { steps: steps.map(reasonJson) }) });
    return;
  }
  const row = (holds: string, { place, source, value }: Reason) => [holds, JSON.stringify(value), printable(place), source];
  const rows = [
    ...whole.map((reason, at) => row(at === whole.length - 1 ? 'holds' : '', reason)),
    ...steps.map((reason) => row('there', reason)),
  ];
  output.data(tableLines(['', 'value', 'set by', 'at'], rows, output.style.paint));
}

function reasonJson({ place, source, value }: Reason) {
  return { place, source, value };
}
