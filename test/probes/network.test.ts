import { describe, expect, it } from 'vitest';
import { addressedLink, isInSubnet, links } from '../../src/probes/network.ts';
import { recordedHost, replay } from '../support/replay.ts';

describe('isInSubnet', () => {
  it.each([
    ['172.17.0.1/16', '172.17.0.0/16', true],
    ['172.17.255.254/16', '172.17.0.0/16', true],
    ['172.18.0.1/16', '172.17.0.0/16', false],
    ['172.17.0.1/24', '172.17.0.0/16', false],
    ['10.1.34.9/29', '10.1.34.8/29', true],
    ['10.1.34.17/29', '10.1.34.8/29', false],
  ])('%s in %s: %s', (address, subnet, is) => {
    expect(isInSubnet(address, subnet)).toBe(is);
  });
});

describe('addressedLink', () => {
  it.each([
    ['debian12-docker-20', { isBridge: true, isUp: true, addresses: ['172.17.0.1/16'] }],
    ['docker-no-address', { isBridge: true, isUp: true, addresses: [] }],
    ['docker-failed-no-bridge', { isBridge: false, isUp: false, addresses: [] }],
    ['docker-no-bridge', undefined],
  ])('%s', (host, link) => {
    expect(replay(addressedLink('docker0'), recordedHost(host))).toEqual(link);
  });
});

describe('links', () => {
  it('tells which are ports of a bridge', () => {
    const found = replay(links, recordedHost('docker-foreign-port'));
    expect(found.filter(({ bridge }) => bridge !== undefined)).toEqual([{ name: 'eth9', mtu: 1500, bridge: 'docker0' }]);
  });

  it.each([
    [{ status: 127, stdout: '', stderr: '' }, 'ip: absent'],
    [{ status: 0, stdout: 'lo', stderr: '' }, 'ip: its answer is no JSON'],
    [{ status: 0, stdout: '{}', stderr: '' }, 'ip: its answer is no list'],
    [{ status: 255, stdout: '', stderr: 'Option "-json" is unknown\n' }, 'ip: Option "-json" is unknown'],
  ])('says what is wrong with %j', (answer, message) => {
    expect(() => links.parse([answer])).toThrow(message);
  });
});
