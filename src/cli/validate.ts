import { hostsLabel } from '../report/fold.ts';
import { printable } from '../report/printable.ts';
import { countOf } from '../report/summary.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { outputFor, refuse, warn } from './output.ts';
import { loadPlaybookFor } from './work.ts';

/** `drover validate PLAYBOOK…`: all playbooks are checked, and all mistakes told. */
export async function validateCommand(args: Args<'validate'> & { readonly playbooks: readonly string[] }, io: Io): Promise<number> {
  const output = outputFor(args, io);
  const checked = await Promise.all(args.playbooks.map(async (path) => ({ path, loaded: await loadPlaybookFor(path, args, io) })));
  const mistakes = checked.flatMap(({ loaded }) => (loaded.ok ? [] : loaded.mistakes));
  for (const { loaded } of checked) if (loaded.ok) warn(output, loaded.value.warnings);
  if (mistakes.length > 0) return refuse(output, mistakes);
  const fine = checked.flatMap(({ path, loaded }) => (loaded.ok ? [{ path, ...loaded.value }] : []));
  if (output.format === 'human') {
    output.data(
      fine.map(({ path, work, steps }) =>
        printable(`${path}: fine: ${countOf(steps.length, 'step')} for ${hostsLabel(work.hosts.map(({ host }) => host.name))}`),
      ),
    );
  } else {
    output.json({
      exit: 0,
      mistakes: [],
      playbooks: fine.map(({ path, work, steps }) => ({ path, hosts: work.hosts.length, steps: steps.length })),
    });
  }
  return 0;
}
