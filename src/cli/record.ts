import { type Reading, readKey } from '../core/probe.ts';
import { printableJson } from '../report/printable.ts';
import { hidden } from '../report/scrub.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { lookAtAll } from './looking.ts';
import { outputFor, refuse } from './output.ts';
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
    reach.output.data([
      `note: ${quoted(`${pattern}, ${task}${params.length === 0 ? '' : ` with ${params.join(' ')}`}. Say here what matters about it.`)}`,
      'readings:',
      ...keys.flatMap((key) => {
        const reading = looked.readings[key];
        return reading === undefined ? [] : [`  ${quoted(key)}: ${flow(hidden(reading, reach.output.scrub))}`];
      }),
    ]);
    return 0;
  });
}

/** What is empty is left out, as fixtures have it. */
function flow({ status, stdout, stderr, encoding }: Reading): string {
  const parts = [
    `status: ${status}`,
    ...(stdout === '' ? [] : [`stdout: ${quoted(stdout)}`]),
    ...(stderr === '' ? [] : [`stderr: ${quoted(stderr)}`]),
    ...(encoding === undefined ? [] : [`encoding: ${encoding}`]),
  ];
  return `{ ${parts.join(', ')} }`;
}

/** A JSON string is a YAML string. */
function quoted(text: string): string {
  return printableJson(JSON.stringify(text));
}
