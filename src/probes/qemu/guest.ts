import { type FileImage, type FileMeta, fileImage } from '../../core/file.ts';
import { type Blocked, blocked } from '../../core/plan.ts';
import { all, constant, map, type Probe } from '../../core/probe.ts';
import { itemOf, itemsOf, liveCommand, optionsOf, type QemuCommand, qemuCommands } from './options.ts';
import { runningQemus } from './running.ts';
import { isDisk } from './settings.ts';
import { shellCommands } from './shell-words.ts';
import { type StartUnit, startUnit, unitNameOf, unitObstacle } from './start-unit.ts';
import { unitCommands } from './unit-words.ts';

/** The file with the command line, and the guests that run. */
export interface QemuGuest {
  readonly found: { readonly meta: FileMeta; readonly image?: FileImage } | undefined;
  /** Undefined where the file is a script. */
  readonly unit: StartUnit | undefined;
  readonly running: readonly { readonly pid: number; readonly command: QemuCommand }[];
}

export function qemuGuest(path: string): Probe<QemuGuest> {
  const name = unitNameOf(path);
  return all<{ [K in keyof QemuGuest]: QemuGuest[K] }>({
    found: fileImage(path),
    unit: name === undefined ? constant(undefined) : startUnit(name),
    running: map(runningQemus, (found) => found.map(({ pid, line }) => ({ pid, command: liveCommand(`process ${pid}`, line) }))),
  });
}

/** The command line in the file, or why it is not ours to change. Throws STATE_UNREADABLE where it is not understood. */
export function commandIn(path: string, { found, unit }: QemuGuest, nth: number | undefined): QemuCommand | Blocked {
  const text = found?.image?.content;
  if (found !== undefined && text === undefined)
    return blocked(`${path} is a ${found.meta.type}, not a regular file`, 'Name the file itself.');
  if (text === undefined) return blocked(`there is no file ${path}`, 'Name the script or the unit that starts the guest.');
  if (unit === undefined && /^#!/.test(text) && !/^#!.*\b(ba|da|a|k)?sh\b/.test(text)) {
    return blocked(`${path} is no shell script: ${text.split('\n')[0]}`, 'Only scripts for sh and units are understood.');
  }
  const obstacle = unit === undefined ? undefined : unitObstacle(path, unit);
  if (obstacle !== undefined) return obstacle;
  const source = { path, text };
  const commands = qemuCommands(source, unit === undefined ? shellCommands(source) : unitCommands(source));
  const chosen = commands[(nth ?? 1) - 1];
  if (commands.length > 1 && nth === undefined) {
    return blocked(
      `${path} has ${commands.length} QEMU commands: ${commands.map(({ place }) => place).join(', ')}`,
      'Say which: command: 1.',
    );
  }
  if (chosen !== undefined) return chosen;
  const what = commands.length === 0 ? `${path} starts no QEMU by its name` : `${path} has ${commands.length} QEMU commands`;
  return blocked(what, 'Name the file where the program and its options stand, and the number of the command.');
}

/** The process of that command: the unit's own, or one that shares what two guests cannot have at once. */
export function runningOf({ unit, running: all }: QemuGuest, wanted: QemuCommand): QemuCommand | Blocked | undefined {
  const main = all.find(({ pid }) => unit !== undefined && unit.mainPid === pid);
  if (main !== undefined) return main.command;
  const marks = marksOf(wanted);
  if (marks.length === 0 && all.length > 0) {
    return blocked(
      'which guest it starts cannot be told: it has no -name, -uuid, -pidfile or disk that is written out',
      'Give it a -name.',
    );
  }
  return all.find((one) => marksOf(one.command).some((mark) => marks.includes(mark)))?.command;
}

function marksOf(whole: QemuCommand): readonly string[] {
  const options = whole.options.filter(({ value }) => value?.value !== undefined && !value.value.startsWith('{'));
  const known = { ...whole, options };
  const names = optionsOf(known, 'name').map((option) => itemOf(option, 'guest')?.value ?? itemsOf(option)[0]?.value);
  const ids = optionsOf(known, 'uuid', 'pidfile', 'hda').map(({ name, value }) => `${name} ${value?.value}`);
  const disks = optionsOf(known, 'drive')
    .filter(isDisk)
    .map((option) => itemOf(option, 'file')?.value);
  return [
    ...names.flatMap((one) => (one === undefined ? [] : [`name ${one}`])),
    ...disks.flatMap((one) => (one === undefined ? [] : [`disk ${one}`])),
    ...ids,
  ];
}
