import { randomInt } from 'node:crypto';
import type { LoadedWork } from '../config/load.ts';
import { hostsLabel } from '../report/fold.ts';
import { printable } from '../report/printable.ts';
import { bringAbout, newRun, planOnly } from './change.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { type Output, outputFor, refuse, warn } from './output.ts';
import { goingBack } from './rollback.ts';
import { runSavedPlan, savedPlanAt, saver } from './saved-plan.ts';
import { loadPlaybookFor } from './work.ts';

type ListingArgs = Omit<Args<'plan'>, 'out'>;

interface PlaybookWord {
  readonly playbook: string;
}

/** `drover run PLAYBOOK`. */
export async function runCommand(args: Args<'run'> & PlaybookWord, io: Io): Promise<number> {
  const saved = savedPlanAt(args.playbook, io);
  if (saved !== undefined) return await runSavedPlan(saved, args, io);
  const whole = seeded(args);
  return await withWork(whole, io, ({ work }) =>
    bringAbout(work, whole, { io, recorder: newRun({ command: 'run', args: whole }, io), back: goingBack(args, io) }),
  );
}

/** `drover plan PLAYBOOK`. */
export async function planCommand(args: Args<'plan'> & PlaybookWord, io: Io): Promise<number> {
  const whole = seeded(args);
  return await withWork(whole, io, ({ work }) =>
    planOnly(work, whole, io, args.out === undefined ? undefined : saver(work, { ...whole, out: args.out }, io)),
  );
}

/** Whoever makes this work again finds the seed among the flags that are kept with it. */
function seeded<A extends Pick<ListingArgs, 'seed'>>(args: A): A {
  return args.seed === undefined ? { ...args, seed: String(randomInt(1_000_000)) } : args;
}

async function withWork(args: ListingArgs & PlaybookWord, io: Io, use: (loaded: LoadedWork) => Promise<number>): Promise<number> {
  const output = outputFor(args, io);
  const loaded = await loadPlaybookFor(args.playbook, args, io);
  if (!loaded.ok) return refuse(output, loaded.mistakes);
  warn(output, loaded.value.warnings);
  const listed = args['list-hosts'] === true || args['list-tasks'] === true || args['list-tags'] === true;
  // For machines even nothing to tell is a document.
  if (args['syntax-check'] === true && output.format === 'human') return 0;
  if (args['syntax-check'] === true || listed) return list(loaded.value, args, output);
  return await use(loaded.value);
}

function list({ work, steps, tags }: LoadedWork, args: ListingArgs, output: Output): number {
  const names = work.hosts.map(({ host }) => host.name);
  if (output.format !== 'human') {
    output.json({
      hosts: names,
      steps: steps.map(({ number, name, task, tags: own, source }) => ({ number, name, task, tags: own, source })),
      tags,
    });
    return 0;
  }
  const lines = [
    ...(args['list-hosts'] === true ? names : []),
    ...(args['list-tasks'] === true ? steps.map(({ number, name, task }) => `${number} ${name} (${task})`) : []),
    ...(args['list-tags'] === true ? tags : []),
  ];
  output.talk([printable(`${work.name}: ${hostsLabel(names)}`)]);
  output.data(lines.map(printable));
  return 0;
}
