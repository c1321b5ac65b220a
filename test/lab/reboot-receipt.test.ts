import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drover, onHost, requireLab, resetHosts } from '../support/lab.ts';
import { boots, playMachine } from '../support/rebooting-lab-host.ts';

const HOSTS = ['kvm01', 'kvm02'] as const;
const folder = mkdtempSync(join(tmpdir(), 'drover-receipt-'));
const runs = ['--run-dir', join(folder, 'runs')];

/** A task of one's own: a word that the next boot takes up. */
const TASK = `import { all, defineTask, drift, fileImage, file, reboot, steady, write, z } from 'drover/task';
export const word = defineTask({
  name: 'site.word', summary: 'A word that each boot takes up.', effects: 'Reboots the host.', examples: [],
  params: z.strictObject({ word: z.string() }),
  inspect: ({ word }) => all({ live: file('/run/word-' + word), kept: fileImage('/etc/word-' + word) }),
  plan({ live, kept }, { word }) {
    if (live !== undefined) return steady('this boot has it');
    const image = { content: word, mode: 0o644, owner: 'root', group: 'root' };
    const keep = kept === undefined ? [write('/etc/word-' + word, undefined, image, 'the next boot is to have it')] : [];
    return drift(...keep, reboot('this boot has no ' + word));
  },
});
`;
const UNIT = `[Service]\\nType=oneshot\\nExecStart=/bin/sh -c "cp /etc/word-* /run/"\\n[Install]\\nWantedBy=multi-user.target\\n`;

beforeAll(() => {
  requireLab();
  resetHosts(...HOSTS);
  playMachine(...HOSTS);
  mkdirSync(join(folder, 'tasks'));
  writeFileSync(join(folder, 'tasks', 'site-word.mjs'), TASK);
  for (const host of HOSTS)
    onHost(host, `printf '${UNIT}' > /etc/systemd/system/words.service; systemctl enable -q words.service; touch /run/reboot-required`);
});
afterAll(() => rmSync(folder, { recursive: true }));

function bootId(host: string): string {
  return onHost(host, 'cat /proc/sys/kernel/random/boot_id').trim();
}

test('steps that all want a reboot get one between them, in each wave, with a receipt that names what each wanted', () => {
  const path = join(folder, 'p.yaml');
  writeFileSync(
    path,
    `hosts: kvm[01-02]
become: true
rollout: { waves: [{ name: canary, hosts: kvm01 }, { name: rest }] }
steps:
  - { name: one, task: site.word, with: { word: alpha } }
  - { name: two, task: site.word, with: { word: beta } }
  - { name: asked for, task: host.reboot, with: { newer_kernel: false } }
`,
  );
  const before = HOSTS.map((host) => ({ boots: boots(host), id: bootId(host) }));
  const said = drover(['run', path, '-y', '--reboot', ...runs]);
  expect(said.status, said.stdout + said.stderr).toBe(0);
  expect(HOSTS.map(boots)).toEqual(before.map((one) => one.boots + 1));

  const because = ['this boot has no alpha', 'this boot has no beta', 'a reboot is asked for'];
  const receipts = HOSTS.map((host, i) => ({
    because,
    steps: [1, 2, 3],
    before: before[i]?.id,
    after: bootId(host),
    ms: expect.any(Number),
  }));
  expect(said.stdout).toContain('rebooted once, and another boot answers (step 1, 2, 3)');
  const [run = ''] = readdirSync(join(folder, 'runs'));
  const journal = readFileSync(join(folder, 'runs', run, 'journal.ndjson'), 'utf8')
    .trim()
    .split('\n');
  const ends = journal.map((line) => JSON.parse(line)).filter(({ type }) => type === 'host ended');
  expect(ends.map(({ reboot }) => reboot)).toEqual(receipts);
  expect(
    JSON.parse(drover(['runs', 'last', ...runs, '--format', 'json']).stdout).hosts.map((host: { reboots: unknown }) => host.reboots),
  ).toEqual(receipts.map((receipt) => [receipt]));
  expect(drover(['runs', 'last', ...runs]).stdout).toContain(`rebooted: kvm[01-02] (2 hosts): ${because.join('; ')}\n`);

  expect(drover(['run', path, '-y', '--reboot', ...runs])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('2 hosts: 2 steady'),
  });
  expect(HOSTS.map(boots)).toEqual(before.map((one) => one.boots + 1));
});
