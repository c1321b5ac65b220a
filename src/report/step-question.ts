import type { HostAsks } from '../core/step.ts';
import { changeLines } from './change-text.ts';
import { eachAlone, foldEntries, hostsLabel } from './fold.ts';
import type { TextStyle } from './paint.ts';
import { printable } from './printable.ts';

/** A step that is asked for: what it changes, hosts of which the same is to be said as one entry. */
export function stepQuestionLines(asking: readonly [HostAsks, ...HostAsks[]], style: TextStyle): readonly string[] {
  const [{ number, name, task }] = asking;
  const entries = asking.map(({ host, changes }) => ({
    name: host,
    rank: 0,
    lines: changes.flatMap((change) => changeLines(change, style)),
    own: [host],
  }));
  const groups = style.fold === false ? eachAlone(entries) : foldEntries(entries);
  return [
    '',
    `${style.paint.bold(printable(`step ${number} ${name}`))}${style.paint.dim(` (${printable(task)})`)}`,
    ...groups.flatMap(({ names, lines }) => [`  ${printable(hostsLabel(names))}:`, ...lines.map((line) => `    ${line}`)]),
  ];
}
