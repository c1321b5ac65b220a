import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { usageError } from './usage.ts';

/** Writes a file beside its place and puts it there whole. Others may read it: secrets are masked by then. */
export function writeWhole(flag: string, path: string, text: string): void {
  const half = `${path}.half`;
  try {
    writeFileSync(half, text);
    renameSync(half, path);
  } catch (error) {
    rmSync(half, { force: true });
    throw usageError(`--${flag} ${path}: ${(error as Error).message}`);
  }
}

/** Tells before anything is done that a file could not be written. */
export function refuseUnwritable(flag: string, path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw usageError(`--${flag} ${path}: ${(error as Error).message}`, 'Make the folder first, or name a file in another one.');
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    throw usageError(`--${flag} ${path}: is a folder`, 'Name a file in it.');
}
