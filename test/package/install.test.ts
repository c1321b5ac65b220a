import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'drover-pack-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Validates a playbook with the very task that docs/adding-a-task.md shows, in a folder where no package is installed. */
function withOwnTask(drover: string) {
  const site = mkdtempSync(join(tmpdir(), 'drover-own-'));
  try {
    const [, text = ''] = /```js\n(.*?)^```/ms.exec(readFileSync('docs/adding-a-task.md', 'utf8')) ?? [];
    mkdirSync(join(site, 'tasks'));
    writeFileSync(join(site, 'tasks/site-banner.mjs'), text);
    writeFileSync(join(site, 'site.yaml'), 'hosts: all\nsteps: [{ task: site.banner, with: { path: /etc/issue.net, owner: us } }]\n');
    return spawnSync(drover, ['validate', 'site.yaml', '-i', 'web1,'], { encoding: 'utf8', cwd: site });
  } finally {
    rmSync(site, { recursive: true });
  }
}

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
    const own = withOwnTask(drover);
    expect(own, own.stderr).toMatchObject({ status: 0, stdout: 'site.yaml: fine: 1 step for web1\n' });
  }, 120_000);
});
