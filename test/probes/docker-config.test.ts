import { describe, expect, it } from 'vitest';
import { type DockerConfig, flagOf, settingOf } from '../../src/probes/docker-config.ts';

const none: DockerConfig = { image: undefined, settings: {}, flaw: undefined, environment: [] };

function execStart(command: string): string {
  return `{ path=/usr/bin/dockerd ; argv[]=${command} ; ignore_errors=no ; start_time=[n/a] ; pid=0 }`;
}

describe('flagOf', () => {
  it.each([
    ['/usr/bin/dockerd -H fd:// --mtu=1400', '1400'],
    ['/usr/bin/dockerd --mtu 1400 -H fd://', '1400'],
    ['/usr/bin/dockerd --network-control-plane-mtu=1400', undefined],
    ['/usr/bin/dockerd -H fd://', undefined],
  ])('%s', (command, value) => {
    expect(flagOf('mtu', execStart(command), none)?.value).toBe(value);
  });

  it.each([
    ['/etc/default/docker', 'DOCKER_OPTS="--mtu=1450 --dns 192.0.2.1"', '1450'],
    ['/etc/sysconfig/docker-network', 'DOCKER_OPTS=" --bip=10.1.34.1/24 --mtu=1450"', '1450'],
    ['/etc/default/docker', "DOCKER_OPTS='--mtu 1450'", '1450'],
    ['/etc/default/docker', '#DOCKER_OPTS="--mtu=1450"', undefined],
    ['/etc/default/docker', 'OTHER="--mtu=1450"', undefined],
  ])('%s with %s', (path, text, value) => {
    const config = { ...none, environment: [{ path, text }] };
    const found = flagOf('mtu', execStart('/usr/sbin/dockerd -H fd:// $DOCKER_OPTS'), config);
    expect(found).toEqual(value === undefined ? undefined : { name: 'mtu', source: path, value });
    expect(flagOf('mtu', execStart('/usr/sbin/dockerd -H fd://'), config)).toBe(undefined);
  });
});

describe('settingOf', () => {
  it('takes the file, else the flag', () => {
    const service = { execStart: execStart('/usr/bin/dockerd --bridge br5') };
    expect(settingOf('bridge', { config: none, service })).toBe('br5');
    expect(settingOf('bridge', { config: { ...none, settings: { bridge: 'none' } }, service })).toBe('none');
    expect(settingOf('iptables', { config: { ...none, settings: { iptables: false } }, service })).toBe('false');
    expect(settingOf('bip', { config: none, service })).toBe(undefined);
  });
});
