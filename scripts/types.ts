import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ZOD = 'node_modules/zod';

const COMPILER = [
  ...['--ignoreConfig', '--declaration', '--emitDeclarationOnly', '--allowImportingTsExtensions'],
  ...['--module', 'nodenext', '--target', 'es2023', '--strict', '--exactOptionalPropertyTypes', '--rootDir', 'src'],
];

/**
 * Declares what tasks of one's own import from `drover/task`. Nothing is left to be installed beside it: the declarations of zod, of
 * which the package holds the code that it needs, lie in `zod/`.
 */
export function writeTypes(out: string): void {
  execFileSync('node_modules/.bin/tsc', ['src/task.ts', ...COMPILER, '--outDir', out], { stdio: 'inherit' });
  for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.d.ts'))) {
    const path = join(out, name);
    const zod = relative(dirname(path), join(out, 'zod/index.js')).replace(/^(?!\.)/, './');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll("from 'zod'", `from '${zod}'`));
  }
  const copied = new Set<string>();
  copyWith('index.d.ts', join(out, 'zod'), copied);
}

/** Copies a declaration of zod with all that it refers to. */
function copyWith(name: string, out: string, copied: Set<string>): void {
  if (copied.has(name)) return;
  copied.add(name);
  mkdirSync(dirname(join(out, name)), { recursive: true });
  copyFileSync(join(ZOD, name), join(out, name));
  for (const [, found = ''] of readFileSync(join(ZOD, name), 'utf8').matchAll(/["'](\.{1,2}\/[^"']+)\.js["']/g))
    copyWith(join(dirname(name), `${found}.d.ts`), out, copied);
}
