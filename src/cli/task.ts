import { bringAbout, newRun } from './change.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { outputFor, refuse, warn } from './output.ts';
import { loadTaskFor, type TaskWords } from './work.ts';

/** `drover task NAME PATTERN KEY=VALUE…`. */
export async function taskCommand(args: Args<'task'> & TaskWords, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const loaded = await loadTaskFor(args, io);
  if (!loaded.ok) return refuse(output, loaded.mistakes);
  warn(output, loaded.value.warnings);
  return await bringAbout(loaded.value.work, args, { io, recorder: newRun({ command: 'task', args }, io) });
}
