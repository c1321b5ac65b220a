import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { drover as droverWith, labFolder, onHost, type Said, startDrover, until } from '../support/lab.ts';
import { startWeb, webConfigurations, writeWebInventory } from '../support/lab-web.ts';

/** The playbook of docs/rollouts.md. What is said here stands there. */
const PLAYBOOK = readFileSync('docs/rollouts.md', 'utf8').split('```yaml\n')[1]?.split('```')[0] ?? '';

const folder = mkdtempSync(join(tmpdir(), 'drover-'));
const inventory = join(folder, 'inventory.yaml');
const path = join(folder, 'web.yaml');
const runs = join(folder, 'runs');
const transcript: string[] = [];

/** What everybody would see who types this, kept for the docs. */
function keep(words: readonly string[], { status, stdout, stderr }: Said): void {
  const how = status === null ? '' : `(exit ${status})\n`;
  const said = `${stderr}${stdout}`.replaceAll(path, 'web.yaml').replaceAll(` --run-dir ${runs}`, '');
  transcript.push(`\`\`\`\n$ drover ${words.join(' ').replaceAll(path, 'web.yaml')}\n${said}${how}\`\`\`\n`);
}

function drover(...words: readonly string[]): Said {
  // A plan leaves no record.
  const said = droverWith(words[0] === 'plan' ? words : [...words, '--run-dir', runs], { env: { DROVER_INVENTORY: inventory } });
  keep(words, said);
  return said;
}

/** A run in its own process, whose canary bakes no longer than it takes to promote it; what is seen meanwhile, too. */
async function promoted(...words: readonly string[]): Promise<ReturnType<typeof startDrover>> {
  const run = startDrover([...words, '-i', inventory, '--run-dir', runs]);
  onTestFinished(() => void run.child.kill('SIGKILL'));
  await until('the canary bakes', () => run.said.stderr.includes('bakes for'));
  expect(drover('status', 'last').stdout).toContain('baking, wave canary');
  expect(drover('promote', 'last').status).toBe(0);
  return run;
}

function configurations(): string {
  return webConfigurations().join(' | ');
}

/** Whether the newest run has begun to change a host. */
function changes(host: string): boolean {
  const newest = join(runs, readdirSync(runs).sort().at(-1) ?? '', 'journal.ndjson');
  return existsSync(newest) && readFileSync(newest, 'utf8').includes(`{"type":"act begun","host":"${host}"`);
}

beforeAll(() => {
  startWeb();
  writeWebInventory(inventory, 'web', { canary: { hosts: ['kvm01'] } });
  writeFileSync(path, PLAYBOOK);
});
afterAll(() => {
  writeFileSync(join(labFolder, 'story.md'), transcript.join('\n'));
  rmSync(folder, { recursive: true });
});

test('a canary that breaks is held and taken back, and nobody else is touched', async () => {
  expect(drover('plan', path, '-e', 'web=false').stdout).toContain('wave canary: kvm01 (1 host)');
  const words = ['run', path, '-y', '-e', 'web=false'];
  const broken = await (await promoted(...words)).ended;
  keep(words, broken);
  expect(broken, broken.stderr).toMatchObject({ status: 6, stderr: expect.stringContaining('wave canary: its gate failed') });
  expect(configurations()).toBe('WEB=false | WEB=sleep 8888 | WEB=sleep 8888 | WEB=sleep 8888');
  const back = drover('rollback', 'last', '-y');
  expect(back, back.stderr).toMatchObject({ status: 0 });
  expect(configurations()).toBe('WEB=sleep 8888 | WEB=sleep 8888 | WEB=sleep 8888 | WEB=sleep 8888');
  onHost('kvm01', 'cp /etc/web.conf /run/web.conf; systemctl restart web.service');
});

test('then the canary bakes and is promoted, the controller is killed in wave two, and a resume brings all to the end', async () => {
  const words = ['run', path, '-y'];
  const run = await promoted(...words);
  await until('wave two changes a host', () => changes('kvm02'));
  run.child.kill('SIGKILL');
  keep(words, await run.ended);
  expect(drover('status', 'last').stdout).toContain('cut, wave the rest 1/2');
  const resumed = drover('resume', 'last', '-y', '--wait-lock', '60');
  expect(resumed.status, resumed.stderr + resumed.stdout).toBe(0);
  expect(configurations()).toBe('WEB=sleep 9999 | WEB=sleep 9999 | WEB=sleep 9999 | WEB=sleep 9999');
  expect(drover('run', path, '-y').stdout).toContain('kvm[01-04] (4 hosts): steady');
});
