import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { dockerKeepalive } from '../../src/tasks/docker-keepalive.ts';
import { onHost, requireLab, resetHosts } from '../support/lab.ts';
import { localSession } from '../support/local-session.ts';
import { planNow, type RealStep, runStep } from '../support/prove-task.ts';

const HOST = 'kvm01';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);

function audit(params: Readonly<Record<string, Json>> = {}): RealStep {
  return { session, task: dockerKeepalive, with: params };
}

/** An image of BusyBox, whose crond and httpd go into the background as their big brothers do. */
const IMAGE = `set -e
mkdir -p /root/bb/bin /root/bb/sbin /root/bb/var/spool/cron/crontabs
cp /bin/busybox /root/bb/bin/
for name in sh sleep true tail; do ln -s busybox /root/bb/bin/$name; done
for name in crond httpd; do ln -s ../bin/busybox /root/bb/sbin/$name; done
tar -c -C /root/bb . | docker import - bb > /dev/null`;

const BAD = `set -e
docker run -d --name cron --restart always bb crond
docker run -d --name failing --restart always bb sh -c 'exec /nothing'
docker run -d --name hidden --label com.docker.compose.project=shop bb sh -c 'crond && tail -f /dev/null'
docker run -d --name shell bb sh
docker run -d --name web bb httpd -p 80`;

const FINE = `set -e
docker run -d --name idle bb sleep 9999
docker run -d --name job bb true
docker run -d --name typed -it bb sh`;

/** Each as the hint has it. */
const BETTER = `set -e
docker rm -f cron failing hidden shell web
docker run -d --name cron --restart always bb crond -f
docker run -d --name hidden --label com.docker.compose.project=shop bb crond -f
docker run -d --name shell --init bb sleep infinity
docker run -d --name web bb httpd -f -p 80`;

beforeAll(() => {
  requireLab();
  resetHosts(HOST);
  onHost(HOST, IMAGE);
});

afterAll(() => resetHosts(HOST));

describe('docker.keepalive', () => {
  it('finds nothing where there is nothing', async () => {
    expect(await planNow(audit())).toMatchObject({ status: 'steady', because: 'there are no containers' });
    onHost(HOST, FINE);
    expect(await planNow(audit())).toMatchObject({ status: 'steady' });
  });

  it('names each container that does not stay, with the better form', async () => {
    onHost(HOST, BAD);
    // dockerd starts a container that ends three times before it counts as a loop.
    await expect
      .poll(() => planNow(audit()), { timeout: 90_000, interval: 500 })
      .toEqual({
        status: 'blocked',
        because:
          'cron ends with status 0 soon after each start: `crond` goes into the background; failing fails soon after each start: its program is not there; hidden goes on when what `crond` starts has ended; shell ended as soon as it began: `sh` has no terminal and no task; web ended as soon as it began: `httpd -p 80` goes into the background',
        hint: 'Run cron as `crond -f`. See `docker logs failing`. Run hidden as `crond -f`, in compose project shop. Give shell a command, or `sleep infinity` with --init where it only has to be there. Run web as `httpd -DFOREGROUND`.',
      });
    expect(await planNow(audit({ ignore: ['cron', 'failing', 'hidden', 'shell', 'web'] }))).toMatchObject({ status: 'steady' });
  });

  it('finds nothing more where they run in the better form', async () => {
    onHost(HOST, BETTER);
    await expect
      .poll(() => onHost(HOST, "docker ps --format '{{.Names}}' | sort | xargs"), { timeout: 60_000 })
      .toBe('cron hidden idle shell typed web\n');
    expect(await runStep(audit())).toMatchObject({ status: 'steady', looks: 1, acts: 0 });
  });

  it('does not wake a Docker that is stopped', async () => {
    onHost(HOST, 'docker rm -f $(docker ps -aq) > /dev/null; systemctl stop docker.service');
    expect(await planNow(audit())).toMatchObject({ status: 'blocked', because: 'Docker is stopped' });
    expect(onHost(HOST, 'systemctl is-active docker.service; true')).toBe('inactive\n');
  });
});
