import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { authority } from '../support/certificates.ts';
import { ended, heard, startProcess } from '../support/program.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('a worker trusts the CA that NODE_EXTRA_CA_CERTS names, and ends with its server, so that systemd starts it again', async () => {
  const folder = tempFolder();
  const own = authority(folder, 'own');
  const redis = await startRedis({ tls: own.sign('IP:127.0.0.1'), password: 'right' });
  onTestFinished(redis.stop);
  const another = await startRedis({ tls: own.sign('DNS:redis.example.net') });
  onTestFinished(another.stop);
  const start = (name: string, { url }: RedisServer) => {
    const engine = join(folder, name);
    writeFileSync(engine, `${url}\n${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    const child = startProcess(['worker', '--engine', engine], { folder, env: { NODE_EXTRA_CA_CERTS: own.ca } });
    return { child, there: heard(child.stderr, 'takes up to'), end: ended(child) };
  };
  const [stopped, cutOff, refused] = [start('one', redis), start('two', redis), start('three', another)];
  await Promise.all([stopped.there, cutOff.there]);
  const altnames = expect.stringContaining("does not match certificate's altnames");
  expect(await refused.end).toMatchObject({ exit: 4, stderr: altnames });
  stopped.child.kill('SIGTERM');
  expect(await stopped.end).toMatchObject({ exit: 0 });
  await redis.stop();
  expect(await cutOff.end).toMatchObject({ exit: 4, stderr: expect.stringContaining('ENGINE_UNREACHABLE') });
});
