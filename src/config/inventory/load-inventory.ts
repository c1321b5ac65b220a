import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Checked, Mistake } from '../../core/mistake.ts';
import { readTextFile } from '../source/read-file.ts';
import { fileSource, mistakeOf, type TextSource } from '../source/text-source.ts';
import { parseYaml } from '../source/yaml-source.ts';
import { isIni, readAnsibleIni } from './ansible-ini.ts';
import { isAnsible, readAnsibleYaml } from './ansible-yaml.ts';
import { buildInventory } from './build-inventory.ts';
import { absolutePath, type Surroundings } from './connection.ts';
import type { Inventory } from './inventory.ts';
import type { RawInventory } from './raw-inventory.ts';
import { readHostList } from './read-host-list.ts';
import { readInventory } from './read-inventory.ts';

/**
 * Reads inventories and joins them. Each is a file in drover's format, one in Ansible's (INI or YAML), a program that prints
 * what `ansible-inventory --list` does, or a list of hosts with a comma.
 */
export function loadInventory(paths: readonly string[], around: Surroundings): Checked<Inventory> {
  return buildInventory(paths.map((path) => readOne(path, around)));
}

function refused(mistakes: readonly Mistake[]): RawInventory {
  return { roots: [], groups: [], hosts: [], warnings: [], mistakes };
}

function readOne(path: string, around: Surroundings): RawInventory {
  const file = absolutePath(path, around);
  if (path.includes(',') && !existsSync(file)) return readHostList(path);
  const source = readTextFile(file, path);
  if (!source.ok) return refused(source.mistakes);
  const here = { ...around, folder: dirname(file) };
  if (isProgram(file, source.value)) {
    const printed = runProgram(file, path);
    const document = printed.ok ? parseYaml(printed.value) : printed;
    return document.ok ? readAnsibleYaml(document.value, here) : refused(document.mistakes);
  }
  return readText(source.value, here, around);
}

function readText(source: TextSource, here: Surroundings, around: Surroundings): RawInventory {
  const isYaml = /\.(ya?ml|json)$/.test(source.name);
  if (!isYaml && isIni(source.text)) return withUnread(readAnsibleIni(source, here), here);
  const document = parseYaml(source);
  if (!document.ok) return refused(document.mistakes);
  if (typeof document.value.value === 'string' && !isYaml) return withUnread(readAnsibleIni(source, here), here);
  if (!isAnsible(document.value.value)) return readInventory(document.value, around);
  return withUnread(readAnsibleYaml(document.value, here), here);
}

/** A file that may be run and says by what. */
function isProgram(file: string, { text }: TextSource): boolean {
  if (!text.startsWith('#!')) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const PROGRAM_LIMITS = { timeout: 60_000, maxBuffer: 256 * 1024 * 1024, encoding: 'utf8' } as const;

function runProgram(file: string, path: string): Checked<TextSource> {
  const { status, signal, stdout, stderr, error } = spawnSync(file, ['--list'], PROGRAM_LIMITS);
  if (status === 0) return { ok: true, value: fileSource(`${path} --list`, stdout) };
  // A program that could not be started has no output at all.
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const how = code !== undefined ? `could not be run: ${code}` : signal === null ? `ended with ${status}` : `was ended by ${signal}`;
  const last = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  return {
    ok: false,
    mistakes: [
      mistakeOf(path, `${how}${last === '' ? '' : `: ${last}`}`, 'The program must print an inventory as JSON when run with --list.'),
    ],
  };
}

/** Ansible also reads folders beside the inventory; here their values are not looked at. */
function withUnread(raw: RawInventory, { folder }: Surroundings): RawInventory {
  const folders = ['group_vars', 'host_vars'].map((name) => join(folder, name)).filter((path) => existsSync(path));
  const unread = folders.map((path) => mistakeOf(path, 'is ignored', 'Set these values in the inventory itself.'));
  return { ...raw, warnings: [...raw.warnings, ...unread] };
}
