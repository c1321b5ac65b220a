import { isAbsolute, join, resolve } from 'node:path';
import type { Io } from './io.ts';

/** The folder that holds the folders of runs. */
export function runsFolder(args: { readonly 'run-dir'?: string | undefined }, { env, home, cwd }: Io): string {
  if (args['run-dir'] !== undefined) return resolve(cwd, args['run-dir']);
  const state = env['XDG_STATE_HOME'];
  // The XDG base directory specification: relative paths are to be ignored.
  return join(state !== undefined && isAbsolute(state) ? state : join(home, '.local', 'state'), 'drover', 'runs');
}
