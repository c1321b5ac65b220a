import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { libvirtDomain } from '../../src/tasks/libvirt-domain.ts';
import { drover, onHost, requireLab, resetHosts } from '../support/lab.ts';
import { defineDomain, idOf, prepareLibvirt, startHearing, VIRSH } from '../support/lab-domains.ts';
import { localSession } from '../support/local-session.ts';
import { planNow, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';

const HOST = 'kvm01';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);
const runs = mkdtempSync(join(tmpdir(), 'drover-'));

function step(domain: string, params: Readonly<Record<string, Json>>): RealStep {
  return { session, task: libvirtDomain, with: { domain, when_busy: 'restart', ...params } };
}

function sh(script: string): string {
  return onHost(HOST, script);
}

function dump(name: string): string {
  return sh(`${VIRSH} dumpxml --inactive --security-info ${name}`);
}

function live(name: string): string {
  return sh(`${VIRSH} dumpxml ${name}`);
}

beforeAll(() => {
  requireLab();
  resetHosts(HOST);
  prepareLibvirt(sh);
  for (const name of ['web01', 'web02', 'mail01']) defineDomain(sh, name);
  defineDomain(sh, 'deaf01', { disk: 'deaf' });
  startHearing(sh, 'web01', 'web02', 'mail01');
  sh(`${VIRSH} start deaf01`);
}, 180_000);
afterAll(() => rmSync(runs, { recursive: true }));

describe('guests that run', () => {
  it('are shut down and started with the new definition, and with the old one when it is taken back', async () => {
    const ids = ['web01', 'web02'].map((name) => idOf(sh, name));
    const before = ['web01', 'web02'].map(dump);
    const changes = await proveDrift(step('web*', { nic: { model: 'virtio' } }), ['glob /etc/libvirt/qemu/web*.xml']);
    expect(changes.flatMap((change) => (change.kind === 'settle' ? [change.settling.what] : []))).toEqual([
      'domain-restart',
      'domain-restart',
    ]);
    expect(['web01', 'web02'].map(dump)).toEqual(before);
    expect(['web01', 'web02'].map(live).join('')).not.toContain("<model type='virtio'/>");
    // Started twice each: there, and back again.
    const later = ['web01', 'web02'].map((name) => idOf(sh, name));
    expect(Math.min(...later)).toBeGreaterThan(Math.max(...ids) + 2);
  }, 240_000);

  it('take up a definition that waits without another one', async () => {
    startedAnew('mail01');
    const later = { ...step('mail01', { iothreads: 1, when_busy: 'later' }) };
    expect(await runStep(later)).toMatchObject({ acts: 1 });
    const now = step('mail01', { iothreads: 1 });
    expect(await planNow(now)).toMatchObject({ status: 'drift', changes: [{ kind: 'settle' }] });
    expect(await runStep(now)).toMatchObject({ status: 'changed' });
    expect(live('mail01')).toContain('<iothreads>1</iothreads>');
  }, 240_000);

  it('are not switched off unasked: one that does not hear keeps its definition, its process and its id', async () => {
    const [before, id] = [dump('deaf01'), idOf(sh, 'deaf01')];
    expect(await runStep(step('deaf01', { iothreads: 1, stop_timeout: 2 }))).toMatchObject({
      status: 'failed',
      steps: [
        {
          outcome: {
            takenBack: 'taken back',
            error: { code: 'CHANGE_FAILED', message: expect.stringContaining('deaf01 did not shut down within 2 s') },
          },
        },
      ],
    });
    expect([dump('deaf01'), idOf(sh, 'deaf01')]).toEqual([before, id]);
  }, 240_000);

  it('are switched off where that was said', async () => {
    const id = idOf(sh, 'deaf01');
    expect(await runStep(step('deaf01', { iothreads: 1, stop_timeout: 2, late: 'destroy' }))).toMatchObject({ status: 'changed' });
    expect(idOf(sh, 'deaf01')).toBeGreaterThan(id);
    expect(live('deaf01')).toContain('<iothreads>1</iothreads>');
  }, 240_000);

  it('are refused while they are paused', async () => {
    sh(`${VIRSH} suspend deaf01`);
    const because = 'deaf01 is paused, and does not hear that it is to shut down';
    expect(await planNow(step('deaf01', { iothreads: 2 }))).toMatchObject({ status: 'blocked', because });
    sh(`${VIRSH} destroy deaf01`);
  });
});

it('a rollback brings the definition back, and the guest up with it', () => {
  startedAnew('mail01');
  const [before, id] = [dump('mail01'), idOf(sh, 'mail01')];
  const words = ['domain=mail01', 'kvm={"hidden":true}', 'when_busy=restart', 'late=destroy', 'stop_timeout=60'];
  const said = drover(['task', 'libvirt.domain', HOST, ...words, '-b', '-y', '--run-dir', runs]);
  expect(said.stdout + said.stderr).toContain('domain-restart mail01');
  expect(said.status).toBe(0);
  expect(live('mail01')).toContain("<hidden state='on'/>");
  expect(drover(['rollback', 'last', '-y', '--run-dir', runs]).status).toBe(0);
  expect(dump('mail01')).toBe(before);
  expect(live('mail01')).not.toContain("<hidden state='on'/>");
  expect(idOf(sh, 'mail01')).toBeGreaterThan(id + 1);
}, 240_000);

/** So that its state is known whatever a test before did. */
function startedAnew(name: string): void {
  sh(`[ "$(${VIRSH} domstate ${name} | head -n 1)" = 'shut off' ] || ${VIRSH} destroy ${name}`);
  startHearing(sh, name);
}
