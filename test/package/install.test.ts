import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'drover-pack-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the package', () => {
  it('installed in an empty folder elsewhere, gives a working drover without further packages', () => {
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
    const files: string[] = packed.files.map(({ path }: { path: string }) => path);
    expect(files).toEqual(
      expect.arrayContaining(['dist/main.js', 'dist/THIRD-PARTY-LICENSES.txt', 'schema/playbook.json', 'LICENSE', 'README.md']),
    );
    expect(files.filter((path) => /^(src|test|scripts)\//.test(path))).toEqual([]);

    execFileSync('npm', ['install', '--offline', '--prefix', folder, join(folder, packed.filename)], { stdio: 'ignore' });
    const drover = join(folder, 'node_modules/.bin/drover');
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(execFileSync(drover, ['--version'], { encoding: 'utf8', cwd: folder })).toBe(`${version}\n`);
    const shipped = join(folder, 'node_modules/drover');
    const said = spawnSync(
      drover,
      ['validate', join(shipped, 'playbooks/canary-rollout.yaml'), '-i', join(shipped, 'inventory.example.yaml')],
      { encoding: 'utf8', cwd: folder },
    );
    expect(said, said.stderr).toMatchObject({ status: 0 });
  }, 120_000);
});
