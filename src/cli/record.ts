import { type Reading, readKey } from '../core/probe.ts';
import { printableJson } from '../report/printable.ts';
import { hidden } from '../report/scrub.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { lookAtAll } from './looking.ts';
import { type Output, outputFor, refuse } from './output.ts';
import { withReach } from './reach.ts';
import { usageError } from './usage.ts';
import { loadTaskFor } from './work.ts';

interface RecordWords {
  readonly host: string;
  readonly params: readonly string[];
}

/** `drover record HOST --task NAME KEY=VALUE…`: the readings of one look, as tests and bug reports want them. */
export async function recordCommand(args: Args<'record'> & RecordWords, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const { task, host: pattern, params } = args;
  const loaded = await loadTaskFor({ ...args, name: task, pattern, params }, io);
  if (!loaded.ok) return refuse(output, loaded.mistakes);
  const [one, ...others] = loaded.value.work.hosts;
  if (one === undefined || others.length > 0) throw usageError(`${pattern}: a record is of one host`, 'Name one host.');
  const reads = one.steps.flatMap((step) => step.prepare({}).reads);
  return await withReach({ args, io, hosts: [one.host] }, async (reach) => {
    const [looked] = await lookAtAll([one.host], reads, reach);
    if (looked === undefined || 'notStarted' in looked) return 130;
    if ('error' in looked) throw looked.error;
    const keys = [...new Set(reads.map(readKey))];
    const note = `${pattern}, ${task}${params.length === 0 ? '' : ` with ${params.join(' ')}`}. Say here what matters about it.`;
    tell(
      note,
      keys.flatMap((key) => {
        const reading = looked.readings[key];
        return reading === undefined ? [] : [[key, reading] as const];
      }),
      reach.output,
    );
    return 0;
  });
}

/** A fixture: YAML with a line a reading, or JSON, which is YAML too. */
function tell(note: string, readings: readonly (readonly [key: string, Reading])[], output: Output): void {
  if (output.format !== 'human') {
    output.json({ note, readings: Object.fromEntries(readings.map(([key, reading]) => [key, briefly(reading)])) });
    return;
  }
  const lines = readings.map(([key, reading]) => `  ${quoted(key)}: ${flow(hidden(reading, output.scrub))}`);
  output.data([`note: ${quoted(note)}`, 'readings:', ...lines]);
}

/** What is empty is left out, as fixtures have it. */
function briefly({ status, stdout, stderr, encoding }: Reading) {
  return { status, ...(stdout !== '' && { stdout }), ...(stderr !== '' && { stderr }), ...(encoding && { encoding }) };
}

function flow(reading: Reading): string {
  return `{ ${Object.entries(briefly(reading))
    .map(([key, value]) => `${key}: ${quoted(value)}`)
    .join(', ')} }`;
}

/** A JSON string is a YAML string. */
function quoted(value: string | number): string {
  return printableJson(JSON.stringify(value));
}
