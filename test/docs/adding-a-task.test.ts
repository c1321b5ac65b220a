import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** What the page's texts are compiled with; the rest of the sources stays as it is. */
const TSCONFIG = { extends: './tsconfig.json', include: ['src/tasks/index.ts', 'test/tasks/cases/host-hostname.ts'] };

const folder = mkdtempSync(join(tmpdir(), 'drover-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The blocks of the page that are files: ```language path */
const blocks = [...readFileSync('docs/adding-a-task.md', 'utf8').matchAll(/^```(\w+) (\S+)\n(.*?)^```$/gms)].map(
  ([, language = '', path = '', text = '']) => ({ language, path, text }),
);

/** The sources with the page's texts laid over them. */
function layOver(): void {
  for (const part of ['src', 'test', 'tsconfig.json', 'vitest.config.ts', 'package.json'])
    cpSync(part, join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'tsconfig.page.json'), JSON.stringify(TSCONFIG));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  for (const { language, path, text } of blocks) writeFileSync(join(folder, path), language === 'diff' ? withLines(path, text) : text);
}

/** The two added lines of the list: the import first, the entry where the names' order wants it. */
function withLines(path: string, text: string): string {
  const [imported = '', entry = ''] = text.split('\n').map((line) => line.slice(1));
  const list = readFileSync(path, 'utf8');
  return `${imported}\n${list.replace('  hostReboot,\n', `${entry}\n  hostReboot,\n`)}`;
}

function inFolder(program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(resolve('node_modules/.bin', program), args, { cwd: folder, encoding: 'utf8' });
  return { status, said: `${stdout}\n${stderr}` };
}

describe('docs/adding-a-task.md', () => {
  it('shows a task that compiles, keeps the laws of every task, and finds what its cases say', () => {
    expect(blocks.map(({ path }) => path)).toHaveLength(5);
    layOver();
    const compiled = inFolder('tsc', '--noEmit', '-p', 'tsconfig.page.json');
    expect(compiled, compiled.said).toMatchObject({ status: 0 });
    const tested = inFolder('vitest', 'run', 'test/contract.test.ts', 'test/tasks/every-task.test.ts', '--reporter=verbose');
    expect(tested, tested.said).toMatchObject({ status: 0 });
    expect(tested.said).toContain('hostname-link');
  }, 120_000);
});
