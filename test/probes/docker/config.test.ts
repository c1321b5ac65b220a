import { describe, expect, it } from 'vitest';
import { type DockerConfig, flagOf, settingOf } from '../../../src/probes/docker/config.ts';

const none: DockerConfig = { image: undefined, settings: {}, flaw: undefined, environment: [], dropIns: [], running: '' };

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

describe('flagOf, beyond the unit', () => {
  const dropIn = (text: string) => ({ ...none, dropIns: [{ path: '/drop-in', text }] });

  it('names the drop-in that gives the flag', () => {
    const unit = execStart('/usr/bin/dockerd --mtu 1450');
    expect(flagOf('mtu', unit, dropIn('[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --mtu 1450\n'))?.source).toBe('/drop-in');
    expect(flagOf('mtu', unit, dropIn('[Service]\n# ExecStart=/usr/bin/dockerd --mtu 1450\n'))?.source).toBe('docker.service');
  });

  it.each([
    ['Environment="OPTS=--mtu=1450 --dns 192.0.2.1"', '1450'],
    ["Environment='OPTS=--mtu 1450'", '1450'],
    ['Environment=A=b OPTS=--mtu=1450', '1450'],
    ['# Environment="OPTS=--mtu=1450"', undefined],
    ['Environment="OTHER=--mtu=1450"', undefined],
  ])('takes a variable from a drop-in: %s', (line, value) => {
    expect(flagOf('mtu', execStart('/usr/bin/dockerd $OPTS'), dropIn(`[Service]\n${line}\n`))?.value).toBe(value);
  });

  it('asks the dockerd that runs where it does not know the variable, and only there', () => {
    const config = { ...none, running: '/usr/bin/dockerd --mtu=1450' };
    expect(flagOf('mtu', execStart('/usr/bin/dockerd $OPTS'), config)).toMatchObject({ source: 'the dockerd that runs', value: '1450' });
    expect(flagOf('mtu', execStart('/usr/bin/dockerd'), config)).toBe(undefined);
  });
});

describe('settingOf', () => {
  it('takes the file, else the flag', () => {
    const service = { execStart: execStart('/usr/bin/dockerd --bridge br5') };
    expect(settingOf('bridge', { config: none, service })).toBe('br5');
    expect(settingOf('bridge', { config: { ...none, settings: { bridge: 'none' } }, service })).toBe('none');
    expect(settingOf('iptables', { config: { ...none, settings: { iptables: false } }, service })).toBe('false');
    expect(settingOf('bridge', { config: none, service: { execStart: execStart('/usr/bin/dockerd -b none') } })).toBe('none');
    expect(settingOf('bip', { config: none, service })).toBe(undefined);
  });
});
