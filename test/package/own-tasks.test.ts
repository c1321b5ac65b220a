import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sshd, startSshd } from '../support/sshd.ts';

let sshd: Sshd;
let folder: string;
let count = 0;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd.stop());

beforeEach(() => {
  count += 1;
  folder = join(sshd.dir, `site-${count}`);
  mkdirSync(join(folder, 'tasks'), { recursive: true });
  const connection = `address: 127.0.0.1, port: ${sshd.port}, user: ${userInfo().username}`;
  writeFileSync(
    join(folder, 'inventory.yaml'),
    `hosts: { web1: { ${connection}, private_key: ${sshd.key}, known_hosts: ${sshd.knownHosts} } }\n`,
  );
  writeFileSync(
    join(folder, 'site.yaml'),
    `hosts: all\nsteps: [{ task: site.banner, with: { path: ${folder}/banner, owner: "{{ host.name }}" } }]\n`,
  );
});

/** The task that docs/adding-a-task.md shows. */
const [, BANNER = ''] = /```js\n(.*?)^```/ms.exec(readFileSync('docs/adding-a-task.md', 'utf8')) ?? [];
const make = (name: string, more = '') =>
  `import { constant, defineTask, steady, z } from 'drover/task';\nexport const made = defineTask({ name: '${name}', summary: 's', effects: 'e', examples: [], params: z.strictObject({}), inspect: () => constant(1), plan: () => steady('so')${more} });\n`;

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'tasks', name), text);
}

/** The built program, for tasks are loaded by Node.js itself. */
function drover(...argv: readonly string[]) {
  const env = { ...process.env, HOME: folder, XDG_STATE_HOME: join(folder, 'state') };
  const { status: exit, stdout, stderr } = spawnSync('node', [resolve('dist/main.js'), ...argv], { cwd: folder, env, encoding: 'utf8' });
  return { exit, stdout, stderr };
}

describe('a task of one’s own', { timeout: 120_000 }, () => {
  it('is planned, done, verified, found steady and taken back, as the built-in ones are', () => {
    put({ 'site-banner.mjs': BANNER });
    const banner = join(folder, 'banner');
    writeFileSync(banner, 'as it was\n');
    const planned = drover('plan', 'site.yaml');
    expect(planned, planned.stderr).toMatchObject({ exit: 0 });
    expect(planned.stdout).toContain(`edit ${banner} (+1 -1 lines): it does not say so`);
    expect(drover('run', 'site.yaml', '-y')).toMatchObject({ exit: 0 });
    expect(readFileSync(banner, 'utf8')).toBe('This host is looked after by web1.\n');
    const back = drover('rollback', 'last', '-y');
    expect(back, back.stderr).toMatchObject({ exit: 0 });
    expect(readFileSync(banner, 'utf8')).toBe('as it was\n');
    expect(drover('run', 'site.yaml', '-y')).toMatchObject({ exit: 0 });
    expect(drover('plan', 'site.yaml', '-v').stdout).toContain('it says so');
  });

  it('is in the catalogue and in the schema of its folder, and can be asked for ad hoc', () => {
    put({ 'site-banner.mjs': BANNER, '_help.mjs': 'export const word = 1;\n', 'x.test.mjs': 'nonsense(' });
    expect(drover('tasks', 'site.banner').stdout).toContain('Who connects is told whose host it is.');
    expect(drover('schema', 'playbook').stdout).toContain('"const": "site.banner"');
    const said = drover('task', 'site.banner', 'web1', `path=${folder}/adhoc`, 'owner=us', '-C');
    expect(said.stdout).toContain(`create ${folder}/adhoc`);
  });
});

describe('a file that is no task', { timeout: 60_000 }, () => {
  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    [
      'does not parse',
      { 'a.mjs': 'export const x = 1;\nexport const y = = 2;\n' },
      'tasks/a.mjs:2:18: error: cannot be loaded: Unexpected token',
    ],
    ['throws', { 'a.js': '\nexport const x = nope.y;\n' }, 'tasks/a.js:2:18: error: cannot be loaded: nope is not defined'],
    [
      'imports what there is not',
      { 'a.mjs': "import 'nowhere-at-all';\n" },
      'tasks/a.mjs:1:1: error: cannot be loaded: Cannot find package',
    ],
    ['exports no task', { 'a.mjs': 'export const x = 1;\n' }, 'tasks/a.mjs:1:1: error: exports no task'],
    ['is not declared', { 'a.mjs': '// one\nexport const x = { inspect: 1, plan: 2 };\n' }, 'Write `export const x = defineTask({ … })`'],
    ['has no name of a task', { 'a.mjs': make('Banner') }, 'tasks/a.mjs:2:41: error: `Banner` cannot be the name of a task'],
    ['has params of another kind', { 'a.mjs': make('site.a', ', params: { shape: {} }') }, 'the params of `site.a` are no z.object'],
    ['has the name of a built-in one', { 'a.mjs': make('file.content') }, 'a task `file.content` comes with drover'],
    [
      'has the name of another one',
      { 'a.mjs': make('site.a'), 'b.mjs': make('site.a') },
      'tasks/b.mjs:2:41: error: a task `site.a` is in tasks/a.mjs already',
    ],
  ])('%s: told with its place, before anything is dialled', (_, files, told) => {
    put(files);
    const { exit, stderr } = drover('validate', 'site.yaml');
    expect({ exit, stderr }).toMatchObject({ exit: 5, stderr: expect.stringContaining(told) });
    expect(stderr).toContain('nothing was sent to any host');
  });
});
