import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandFlaw } from '../../../src/probes/docker/foreground.ts';

/** `sh -c`, as docker run makes it of a text. */
const script = (text: string) => ['/bin/sh', '-c', text];

describe('commands that cannot be the main process of a container', () => {
  it.each<readonly [readonly string[], string, string | undefined]>([
    [['nginx'], 'background', "nginx -g 'daemon off;'"],
    [['/docker-entrypoint.sh', 'nginx'], 'background', "nginx -g 'daemon off;'"],
    [['tini', '--', '/usr/sbin/sshd', '-e'], 'background', '/usr/sbin/sshd -D'],
    [['service', 'apache2', 'start'], 'background', 'apache2ctl -D FOREGROUND'],
    [script('mkdir -p /run/x; exec /usr/sbin/php-fpm7.4'), 'background', 'php-fpm -F'],
    [script('/etc/init.d/cron start'), 'background', 'cron -f'],
    [script('systemctl start nginx.service'), 'background', "nginx -g 'daemon off;'"],
    [script('service weird start'), 'background', undefined],
    [script('redis-server --daemonize yes'), 'background', 'redis-server'],
    [script('/opt/app serve --port 1 > /log 2>&1 &'), 'background', '/opt/app serve --port 1 > /log 2>&1'],
    [['catalina.sh', 'start'], 'background', 'catalina.sh run'],
    [['bash'], 'shell', undefined],
    [['/bin/bash', '-l'], 'shell', undefined],
    [['/bin/busybox', 'sh'], 'shell', undefined],
    [script('service apache2 start && tail -f /dev/null'), 'kept', 'apache2ctl -D FOREGROUND'],
    [script('nginx; sleep infinity'), 'kept', "nginx -g 'daemon off;'"],
    [script('./start.sh && tail -F /var/log/app.log'), 'kept', undefined],
    [script('/opt/app & while true; do sleep 60; done'), 'kept', '/opt/app'],
    [script('catalina.sh start\ntail -n 5 -f logs/catalina.out'), 'kept', 'catalina.sh run'],
  ])('%j: %s', (argv, kind, better) => {
    expect(commandFlaw(argv)).toMatchObject({ kind, better });
    // What is better is good enough, or the next audit would find it again.
    if (better !== undefined) expect(commandFlaw(script(better))).toBeUndefined();
  });

  it.each<readonly [readonly string[]]>([
    [['nginx', '-g', 'daemon off;']],
    [['httpd', '-f', '-p', '80']],
    [['httpd', '-DFOREGROUND']],
    [['/usr/sbin/sshd', '-De']],
    [['redis-server', '/etc/redis.conf']],
    [['mysqld']],
    [['sleep', 'infinity']],
    [['tail', '-f', '/dev/null']],
    [['/entrypoint.sh']],
    [['sh', '/run.sh']],
    [script('mkdir /w && exec sleep infinity')],
    [script('while true; do /job; sleep 60; done')],
    [script("echo 'nginx; &' ; app --start-page=1 2>&1")],
    [script('')],
    [[]],
  ])('%j is none', (argv) => {
    expect(commandFlaw(argv)).toBeUndefined();
  });

  it('says something short about any command, and always the same', () => {
    const words = fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom('sh', '-c', 'service x start', 'nginx', ' & ', '; tail -f /dev/null', '"', "'", '\\', '`', 'exec', 'A=1'),
      ),
    );
    fc.assert(
      fc.property(words, fc.boolean(), (some, inShell) => {
        const argv = inShell ? script(some.join('')) : some;
        const flaw = commandFlaw(argv);
        expect(commandFlaw(argv)).toEqual(flaw);
        expect(flaw?.words ?? '').toMatch(/^[^`\n]{0,60}$/);
      }),
    );
  });
});
