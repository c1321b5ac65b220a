import { mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { droverJson, type FleetDocument, freeHosts, onHost, requireLab, resetHosts, startDrover, until } from '../../support/lab.ts';
import { boots, isUp, playMachine } from '../../support/rebooting-lab-host.ts';

const HOSTS = ['kvm01', 'kvm02', 'kvm03', 'kvm04', 'kvm05', 'kvm06'] as const;
/** The one that is asked to reboot. */
const [REBOOTED] = HOSTS;
const folder = mkdtempSync(join(tmpdir(), 'drover-crash-'));
const playbook = join(folder, 'crash.yaml');

const STEPS = `hosts: compute
become: true
rollout: { waves: [{ name: canary, hosts: ${REBOOTED} }, { name: rest, size: 3 }], budget: { bad: 6, per: run } }
steps:
  - { name: conf, task: file.content, with: { path: /etc/crash.conf, content: "a=1\\n" } }
  - { name: made, task: command.run, with: { command: "echo made >> /root/often; touch /root/made", creates: /root/made } }
  - { name: boot, task: host.reboot, with: { newer_kernel: false } }
  - { name: after, task: command.run, with: { command: "echo after >> /root/often; touch /root/after", creates: /root/after } }
`;

beforeAll(() => {
  requireLab();
  resetHosts(...HOSTS);
  playMachine(...HOSTS);
  writeFileSync(playbook, STEPS);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As if the run had never been; the first host is to be rebooted. */
function clear(): void {
  for (const host of HOSTS) onHost(host, 'rm -f /etc/crash.conf /root/often /root/made /root/after');
  onHost(REBOOTED, 'touch /run/reboot-required');
  freeHosts(...HOSTS);
}

/** What all hosts have come to, how often each act ran, and what was left lying about. */
function endStates(): readonly string[] {
  return HOSTS.map((host) =>
    onHost(
      host,
      'tr "\\n" " " < /etc/crash.conf; tr "\\n" " " < /root/often; ls -A /etc /root /run | grep -e "^.drover-" -e reboot-required; head -n 1 /run/drover/lease | cut -d" " -f3',
    ),
  );
}

/** Starts the run and kills it as soon as its journal has so many records. */
async function runKilledAt(records: number, runDir: string): Promise<void> {
  const { child, ended } = startDrover(['run', playbook, '-y', '--reboot', '--run-dir', runDir]);
  const watchers = [watch(runDir, () => follow())];
  const look = (): void => {
    if (recordsIn(runDir) >= records) child.kill('SIGKILL');
  };
  const follow = (): void => {
    const [run] = readdirSync(runDir);
    if (run === undefined || watchers.length > 1) return;
    watchers.push(watch(join(runDir, run), look));
    look();
  };
  await ended;
  for (const one of watchers) one.close();
}

/** Whole records of the one run in this folder. */
function recordsIn(runDir: string): number {
  try {
    return readFileSync(join(runDir, readdirSync(runDir)[0] ?? '', 'journal.ndjson'), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

/** Goes on with the run until nothing is left to do: a host that is on its way down or up is tried again when it is there. */
async function goOn(runDir: string): Promise<void> {
  let done = droverJson(['resume', 'last', '-y', '--run-dir', runDir]);
  for (let tries = 0; done.exit !== 0; tries += 1) {
    const others = (done.hosts ?? []).filter(({ status }) => !['unreachable', 'unknown', 'steady', 'changed'].includes(status));
    expect({ tries: tries < 5, others }, JSON.stringify(done)).toEqual({ tries: true, others: [] });
    await until('the host is up', () => isUp(REBOOTED));
    done = again(runDir, done);
  }
}

function again(runDir: string, { hosts }: FleetDocument): FleetDocument {
  const word = hosts.some(({ status }) => status === 'unreachable' || status === 'unknown') ? 'retry' : 'resume';
  return droverJson([word, 'last', '-y', '--run-dir', runDir]);
}

test('a run that is killed after any of its records comes out as one that was not, and nothing is done twice', {
  timeout: 2_400_000,
}, async () => {
  clear();
  const whole = mkdtempSync(join(folder, 'whole-'));
  let before = boots(REBOOTED);
  const done = droverJson(['run', playbook, '-y', '--reboot', '--run-dir', whole]);
  expect(done, JSON.stringify(done)).toMatchObject({ exit: 0, counts: { changed: 6 } });
  expect(boots(REBOOTED)).toBe(before + 1);
  const expected = endStates();
  expect(expected[0]).toMatch(/^a=1 made after /);
  const records = recordsIn(whole);
  // For each host its start, its intent, what it did and its end; for one a reboot more.
  expect(records).toBeGreaterThan(40);

  for (let n = 1; n < records; n += 1) {
    clear();
    before = boots(REBOOTED);
    const runDir = mkdtempSync(join(folder, `killed-${n}-`));
    await runKilledAt(n, runDir);
    await goOn(runDir);
    expect({ n, boots: boots(REBOOTED), states: endStates() }).toEqual({ n, boots: before + 1, states: expected });
  }
});
