import type { ContainerFile } from './container-files.ts';
import { type CommandFlaw, commandFlaw } from './foreground.ts';

/** A container that does not stay, why, and what to do about it. */
export interface Trouble {
  readonly name: string;
  readonly because: string;
  readonly better: string;
}

/** A run that ended sooner never got to work. dockerd measures by the same ten seconds when it waits longer before each start. */
const SOON_MS = 10_000;

/** So many starts in a row are no accident. */
const OFTEN = 3;

/** After 0.1 s, doubled with each short run: so long a pause has at least six of them before it. */
const PAUSE_MS = 5000;

/** What is wrong with how a container lives; undefined where nothing shows. No text depends on the moment, so that equal hosts say the same. */
export function troubleOf(container: ContainerFile): Trouble | undefined {
  const { name, running, restarting, exitCode } = container;
  const flaw = commandFlaw(container.argv);
  if (restarting && container.restarts >= OFTEN && isShort(container)) {
    if (exitCode === 0) return trouble(container, flaw, `${name} ends with status 0 soon after each start${reason(flaw)}`);
    return { name, because: `${name} fails soon after each start: ${meaning(container)}`, better: seeLogs(name) };
  }
  if (running && flaw?.kind === 'kept') return trouble(container, flaw, `${name} goes on when what \`${flaw.words}\` starts has ended`);
  if (running)
    return isBetweenStarts(container) ? trouble(container, flaw, `${name} is started again and again${reason(flaw)}`) : undefined;
  if (restarting || container.stoppedByHand || exitCode !== 0 || !isShort(container)) return undefined;
  const isMistake = flaw?.kind === 'background' || (flaw?.kind === 'shell' && !container.interactive);
  return isMistake ? trouble(container, flaw, `${name} ended as soon as it began${reason(flaw)}`) : undefined;
}

/** Of a container that does not run. The end may be noted before the start, where both come at once (seen with Docker 20.10). */
function isShort({ began, ended }: ContainerFile): boolean {
  return began !== undefined && ended !== undefined && ended - began < SOON_MS;
}

/** It runs at the moment; that it ended time after time shows in the pause before. */
function isBetweenStarts({ restarts, began, ended }: ContainerFile): boolean {
  return restarts >= OFTEN && began !== undefined && ended !== undefined && began - ended >= PAUSE_MS;
}

function trouble({ name, madeBy }: ContainerFile, flaw: CommandFlaw | undefined, because: string): Trouble {
  const where = madeBy === undefined ? '' : `, in ${madeBy}`;
  return { name, because, better: betterFor(name, flaw, where) };
}

function betterFor(name: string, flaw: CommandFlaw | undefined, where: string): string {
  if (flaw === undefined) return `Let ${name} have a program that stays in the foreground${where}. ${seeLogs(name)}`;
  if (flaw.better !== undefined) return `Run ${name} as \`${flaw.better}\`${where}.`;
  return flaw.kind === 'shell'
    ? `Give ${name} a command${where}, or \`sleep infinity\` with --init where it only has to be there.`
    : `Let ${name} run what \`${flaw.words}\` starts by itself, in the foreground${where}.`;
}

function seeLogs(name: string): string {
  return `See \`docker logs ${name}\`.`;
}

function reason(flaw: CommandFlaw | undefined): string {
  if (flaw === undefined || flaw.kind === 'kept') return '';
  return flaw.kind === 'shell' ? `: \`${flaw.words}\` has no terminal and no task` : `: \`${flaw.words}\` goes into the background`;
}

/** What docker-run(1) and the shell mean by it. */
const MEANINGS: Readonly<Record<number, string>> = {
  126: 'its program cannot be run',
  127: 'its program is not there',
  137: 'it is killed',
  139: 'it breaks down (SIGSEGV)',
  143: 'it is told to end (SIGTERM)',
};

function meaning({ outOfMemory, exitCode }: ContainerFile): string {
  return outOfMemory ? 'its memory does not suffice' : (MEANINGS[exitCode] ?? `status ${exitCode}`);
}
