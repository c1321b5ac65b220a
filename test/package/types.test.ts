import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'drover-types-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PAGE = readFileSync('docs/adding-a-task.md', 'utf8');
/** The task that the page shows; it says the same in TypeScript. */
const [, BANNER = ''] = /```js\n(.*?)^```/ms.exec(PAGE) ?? [];

const HELPER = `import { type Change, type FileImage, type Plan, type Probe, fileImage, map, run, z } from 'drover/task';
export const name = z.string().regex(/^[a-z]+$/).describe('A name.');
export const content = (path: string): Probe<string> => map(fileImage(path), (found) => found?.image?.content ?? '');
export const image: FileImage = { content: 'x', mode: 0o644, owner: 'root', group: 'root' };
export const changes: readonly Change[] = [run(['true'], { undo: 'not needed', because: 'x', touches: [] })];
export const plan: Plan = { status: 'steady', because: 'so' };
`;

/** The tsconfig.json that the page shows, stricter still; the declarations of the package are looked through as well. */
const { compilerOptions, include } = JSON.parse(/```json\n(.*?)^```/ms.exec(PAGE)?.[1] ?? '');
const STRICTER = {
  ...{ types: [], skipLibCheck: false, exactOptionalPropertyTypes: true },
  ...{ noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
};

/** The very files that the package brings, in a folder where nothing else is installed. */
beforeAll(() => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  execFileSync('npm', ['install', '--offline', '--prefix', folder, join(folder, packed.filename)], { stdio: 'ignore' });
}, 120_000);

function check(files: Readonly<Record<string, string>>, module: string) {
  rmSync(join(folder, 'tasks'), { recursive: true, force: true });
  mkdirSync(join(folder, 'tasks'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'tasks', name), text);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...compilerOptions, ...STRICTER, module }, include }));
  const { status, stdout } = spawnSync(resolve('node_modules/.bin/tsc'), ['-p', '.'], { cwd: folder, encoding: 'utf8' });
  return { status, stdout };
}

describe('a task of one’s own in TypeScript', () => {
  it.each(['nodenext', 'preserve'])('is checked against the packed package, with module %s', (module) => {
    expect(check({ 'site-banner.mts': BANNER, '_help.mts': HELPER }, module)).toEqual({ status: 0, stdout: '' });
  });

  it('is told what is wrong with it', () => {
    const wrong = {
      'import.mts': ['steady,', 'stedy as steady,', 'has no exported member named'],
      'field.mts': ['summary:', 'sumary:', "'sumary' does not exist"],
      'param.mts': ['({ path }) => fileImage(path)', '({ pth }) => fileImage(pth)', "Property 'pth' does not exist"],
      'state.mts': ['found.image === undefined', 'found.picture === undefined', "Property 'picture' does not exist"],
      'plan.mts': ["steady('it says so')", "({ status: 'fine' })", 'is not assignable to type'],
      'reason.mts': [", 'it does not say so'", '', 'Expected 4 arguments, but got 3'],
      'schema.mts': ['.min(1)', '.minimum(1)', "Property 'minimum' does not exist"],
      'name.mts': ["'site.banner'", "'banner'", 'is not assignable to type'],
    } as const;
    const files = Object.entries(wrong).map(([name, [right, instead]]) => [name, BANNER.replace(right, instead)] as const);
    const { status, stdout } = check(Object.fromEntries(files), 'nodenext');
    expect(status).not.toBe(0);
    for (const [name, [, , told]] of Object.entries(wrong)) {
      const own = stdout.split('\n').filter((line) => line.startsWith(`tasks/${name}(`));
      expect(own[0], `${name} in ${stdout}`).toContain(told);
    }
  });
});
