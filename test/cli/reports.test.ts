import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../support/program.ts';
import type { Sshd } from '../support/sshd.ts';
import { startSite } from '../support/sshd-site.ts';

let sshd: Sshd;
let folder: string;

beforeAll(async () => {
  ({ sshd, folder } = await startSite(
    (reached) => `groups:
  web:
    hosts:
      web1: ${reached}
      web2: ${reached}
      web3: { address: 127.0.0.1, port: 9 }
`,
  ));
  writeFileSync(
    join(folder, 'said.yaml'),
    'inputs: { word: { type: string } }\nsteps:\n  - { name: Said, task: file.content, with: { path: "{{ word }}", content: "<b>hello</b>\\n" } }\n',
  );
  writeFileSync(
    join(folder, 'site.yaml'),
    `name: Site & all
hosts: web
rollout: { waves: [{ name: all }], budget: { bad: 3, per: run } }
steps:
  - { include: said.yaml, with: { word: "${folder}/said-{{ host.name }}" } }
  - { name: Broken on one, task: command.run, when: "host.name == 'web2'", with: { command: "echo so it is; exit 3" } }
`,
  );
}, 60_000);

afterAll(() => sshd.stop());

async function drover(...argv: readonly string[]) {
  return await call([...argv, '--run-dir', join(folder, 'runs')], { folder, env: { PATH: process.env['PATH'] } });
}

const text = (name: string) => readFileSync(join(folder, name), 'utf8');

it('a plan and a run are handed over as a page and as JUnit XML, and the page can be had again later', { timeout: 120_000 }, async () => {
  const planned = await call(['plan', 'site.yaml', '--html', 'plan.html', '--junit', 'plan.xml'], { folder });
  expect(planned, planned.stderr).toMatchObject({ exit: 4 });
  expect(text('plan.html')).toContain('<b>would</b> <code>create');
  expect(text('plan.xml')).toMatch(/<testsuites name="Site &amp; all" tests="9" failures="0" errors="1"/);
  expect(readdirSync(folder)).not.toContain('runs');

  const ran = await drover('run', 'site.yaml', '-y', '--html', 'run.html', '--junit', 'run.xml');
  expect(ran, ran.stderr).toMatchObject({ exit: 2 });
  const page = text('run.html');
  expect(page).toContain('+&lt;b&gt;hello&lt;/b&gt;');
  expect(page).toContain('<pre class="output">so it is</pre>');
  expect(page).toContain('refused');
  expect(page.match(/class="group"/g)).toHaveLength(3);
  expect(text('run.xml')).toMatch(/<testsuites name="Site &amp; all" tests="9" failures="1" errors="1"/);
  expect(text('run.xml')).toMatch(/<failure type="CHANGE_FAILED"[^>]*>site.yaml:6:5\n[\s\S]*so it is<\/failure>/);

  expect(await drover('runs', 'last', '--html', 'again.html')).toMatchObject({ exit: 0, stderr: '' });
  expect(text('again.html')).toBe(page);
});

it('the page of a run that was cut says of hosts under way that nobody knows', async () => {
  const runs = join(folder, 'runs');
  const [run = ''] = readdirSync(runs).filter((name) => /^\d/.test(name));
  const journal = join(runs, run, 'journal.ndjson');
  const lines = text(`runs/${run}/journal.ndjson`).split('\n');
  const cut = lines.findIndex((line) => line.includes('"act begun"'));
  writeFileSync(journal, `${lines.slice(0, cut + 1).join('\n')}\n`);
  expect(await drover('runs', run, '--html', 'cut.html')).toMatchObject({ exit: 0 });
  expect(text('cut.html')).toMatch(
    /<span class="state">cut<\/span>[\s\S]*: <span class="unknown">unknown<\/span>[\s\S]*begun, end not known/,
  );
});

it.each([
  [['plan', 'site.yaml', '--html', 'nowhere/x.html'], '--html .*nowhere/x.html: ENOENT'],
  [['run', 'site.yaml', '-y', '--junit', '.'], '--junit .*: is a folder'],
  [['plan', 'site.yaml', '--out', 'nowhere/plan.json'], '--out .*nowhere/plan.json: ENOENT'],
  [['runs', '--html', 'x.html'], '--html is for one run'],
])('what cannot be written is told before anything is dialled: %j', async (argv, told) => {
  const said = await call(argv, { folder });
  expect(said.exit).toBe(5);
  expect(said.stderr).toMatch(new RegExp(told));
});
