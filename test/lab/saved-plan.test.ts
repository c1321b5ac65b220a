import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drover, droverJson, onHost, requireLab } from '../support/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-'));
const playbook = join(folder, 'p.yaml');
const plan = join(folder, 'plan.json');

const STEPS = `hosts: kvm[01-02]
become: true
vars: { word: one }
steps:
  - { name: conf, task: file.content, with: { path: /etc/saved.conf, content: "{{ word }}\\n" } }
  - { name: key, task: file.content, sensitive: true, with: { path: /etc/saved.key, content: "swordfish {{ word }}" } }
`;

beforeAll(() => {
  requireLab();
  for (const host of ['kvm01', 'kvm02']) onHost(host, 'echo before > /etc/saved.conf; rm -f /etc/saved.key');
  writeFileSync(playbook, STEPS);
});
afterAll(() => {
  for (const host of ['kvm01', 'kvm02']) onHost(host, 'rm -f /etc/saved.conf /etc/saved.key');
  rmSync(folder, { recursive: true });
});

test('a saved plan is read by people, and holds nothing secret', () => {
  const said = drover(['plan', playbook, '--out', plan]);
  expect(said.status, said.stderr).toBe(0);
  const text = readFileSync(plan, 'utf8');
  expect(JSON.parse(text).hosts[0]).toMatchObject({
    host: 'kvm01',
    steps: [{ status: 'drift', changes: [{ what: 'edit /etc/saved.conf', diff: expect.arrayContaining(['-before', '+one']) }] }, {}],
  });
  expect(text).not.toContain('swordfish');
});

test('a plan of other values is refused before anything is dialled', () => {
  const said = drover(['run', plan, '-y', '-e', 'word=two', '-e', 'unused=1']);
  expect(said.status).toBe(5);
  expect(drover(['run', plan, '-y', '-e', 'word=two'])).toMatchObject({ status: 8, stderr: expect.stringContaining('PLAN_STALE') });
  writeFileSync(playbook, `${STEPS}  - { name: more, task: systemd.healthy }\n`);
  expect(drover(['run', plan, '-y'])).toMatchObject({ status: 8, stderr: expect.stringContaining('is not what') });
  writeFileSync(playbook, STEPS);
  writeFileSync(`${plan}.broken`, readFileSync(plan, 'utf8').slice(0, -20));
  expect(drover(['run', `${plan}.broken`, '-y'])).toMatchObject({ status: 5, stderr: expect.stringContaining('PLAN_INVALID') });
});

test('a plan that shows something else than it does is refused', () => {
  const edited = `${plan}.edited`;
  const text = readFileSync(plan, 'utf8');
  expect(text).toContain('"+one"');
  writeFileSync(edited, text.replaceAll('"+one"', '"+harmless"'));
  expect(droverJson(['run', edited, '-y'])).toMatchObject({
    exit: 8,
    hosts: [
      { status: 'failed', acts: 0, error: { code: 'PLAN_STALE', message: expect.stringContaining('the plan was edited') } },
      { status: 'failed', acts: 0 },
    ],
  });
});

test('a plan is done as it stands, and a host that has moved since is left alone', () => {
  onHost('kvm01', 'echo by hand > /etc/saved.conf');
  const done = droverJson(['run', plan, '-y']);
  expect(done).toMatchObject({ exit: 8, hosts: [{ status: 'failed', acts: 0, error: { code: 'PLAN_STALE' } }, { status: 'changed' }] });
  expect(onHost('kvm01', 'cat /etc/saved.conf')).toBe('by hand\n');
  expect(onHost('kvm02', 'cat /etc/saved.conf /etc/saved.key')).toBe('one\nswordfish one');
});
