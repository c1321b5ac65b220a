import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Work } from '../core/work.ts';
import { parseSavedPlan, type SavedPlan, savedHosts } from '../journal/saved-plan.ts';
import { planTelling } from '../report/json.ts';
import { hidden } from '../report/scrub.ts';
import { bringAbout, newRun, type SavePlan } from './change.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { outputFor, refuse } from './output.ts';
import { remake } from './remake.ts';
import { goingBack } from './rollback.ts';
import { digestOf, plainArgs } from './run-record.ts';
import { refuseUnwritable, writeWhole } from './write-whole.ts';

/** Saves a plan as it was shown, secrets masked. Refuses at once a file that cannot be written. */
export function saver(work: Work, args: Args<'plan'> & { readonly out: string }, io: Io): SavePlan {
  const path = resolve(io.cwd, args.out);
  refuseUnwritable('out', path);
  return ({ outcome }, { output: { scrub, talk } }) => {
    const plan: SavedPlan = {
      'drover plan': 1,
      name: work.name,
      args: plainArgs(args, scrub),
      cwd: io.cwd,
      digest: digestOf(work, scrub),
      hosts: savedHosts(outcome.hosts, planTelling(scrub)),
    };
    writeWhole('out', path, `${JSON.stringify(hidden(plan, scrub), undefined, 2)}\n`);
    talk([`the plan is saved; \`drover run ${args.out}\` does it as it stands`]);
  };
}

/** The saved plan of this name, if it is one. */
export function savedPlanAt(name: string, io: Io): SavedPlan | undefined {
  const text = tryRead(resolve(io.cwd, name));
  return text === undefined ? undefined : parseSavedPlan(name, text);
}

/** Does what a saved plan says, and nothing else: a host that has moved since is left as it is. */
export async function runSavedPlan(plan: SavedPlan, args: Args<'run'> & { readonly playbook: string }, io: Io): Promise<number> {
  const remade = await remake({ ...plan, label: args.playbook, command: 'run' }, args, io);
  if (!remade.ok) return refuse(outputFor(args, io), remade.mistakes);
  const { work, args: whole, io: there } = remade.value;
  return await bringAbout(work, whole, {
    io: there,
    recorder: newRun({ command: 'run', args: whole }, there),
    agreed: plan,
    back: goingBack(args, io),
  });
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
