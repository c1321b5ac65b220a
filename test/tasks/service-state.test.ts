import { expect, it } from 'vitest';
import { inverse, touches } from '../../src/core/change.ts';
import { readKey } from '../../src/core/probe.ts';
import { commandRun } from '../../src/tasks/command-run.ts';
import { dockerBridge } from '../../src/tasks/docker-bridge.ts';
import { serviceState } from '../../src/tasks/service-state.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

it('undoes a start by a stop and an enabling by a disabling', () => {
  const params = { unit: 'web.service', state: 'started', enabled: true };
  const changes = changesOf(findingOf(serviceState, { host: 'service-stopped-disabled', with: params }).plan);
  expect(changes.map(inverse)).toMatchObject([
    { argv: ['systemctl', 'disable', 'web.service'] },
    { argv: ['systemctl', 'stop', 'web.service'] },
  ]);
});

it('touches its own unit and what daemons say, and no other unit', () => {
  const [start] = changesOf(
    findingOf(serviceState, { host: 'service-stopped-disabled', with: { unit: 'web.service', state: 'started' } }).plan,
  );
  const other = serviceState.prepare({ unit: 'other.service', state: 'started' }).reads.map(readKey);
  expect(start === undefined ? [] : other.filter((key) => touches(start, key))).toEqual([]);
  const checks = commandRun.prepare({ command: 'x', unless: 'pgrep web' }).reads.map(readKey);
  expect(checks.filter((key) => start !== undefined && touches(start, key))).toEqual(checks);
  const docker = dockerBridge
    .prepare({})
    .reads.map(readKey)
    .filter((key) => start !== undefined && touches(start, key));
  expect(docker.every((key) => /^(command (docker|ip|iptables|nft|pgrep -a -x --parent 1) |file \/run\/)/.test(key))).toBe(true);
  expect(docker.length).toBeGreaterThan(5);
});

it.each(['web', 'web.service ', '-h.service', 'a/b.service', 'web.service;reboot', 'getty@.service', 'web.servicex', ''])(
  'refuses the unit %j',
  (unit) => {
    expect(serviceState.params.safeParse({ unit, state: 'started' }).success).toBe(false);
  },
);

it.each([
  'web.service',
  'getty@tty1.service',
  'mnt-data.mount',
  'docker.socket',
  'systemd-fsck@dev-disk-by\\x2duuid-1.service',
  'user-1000.slice',
])('takes the unit %j', (unit) => {
  expect(serviceState.params.safeParse({ unit, enabled: true }).success).toBe(true);
});

it('refuses a step that wants nothing', () => {
  expect(serviceState.params.safeParse({ unit: 'web.service' }).success).toBe(false);
});
