import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settle } from '../../src/core/change.ts';
import type { DomainRestart } from '../../src/core/settling.ts';
import { domainRestartCommand } from '../../src/engine/act/domain-restart.ts';
import { convergeHost } from '../../src/engine/host/converge.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { localSession } from '../support/local-session.ts';
import { textStep } from '../support/made-up-steps.ts';
import { SHELLS } from '../support/shells.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A made-up virsh: a guest runs while a file of its name holds its id. `deaf` does not hear, `broken` fails its next start. */
const FAKE_VIRSH = `#!/bin/sh
cd "$(dirname "$0")/guests" || exit 1
shift 3
word=$1 name=$2
case $word in shutdown | start | destroy) echo "$word $name" >>log ;; esac
case $word in
domstate) [ -e "$name.known" ] || exit 1; if [ -e "$name" ]; then echo running; else echo 'shut off'; fi; echo ;;
domid) cat "$name" 2>/dev/null || echo - ;;
shutdown) [ -e "$name.deaf" ] || rm "$name" ;;
destroy) rm "$name" ;;
start)
  if [ -e "$name.broken" ]; then rm "$name.broken"; echo "$name does not start"; exit 1; fi
  echo x >>starts; wc -l <starts >"$name"; [ ! -e "$name.same" ] || echo 0 >"$name" ;;
esac
`;

function guestHost(...files: readonly string[]) {
  const folder = tempFolder();
  const guests = join(folder, 'guests');
  mkdirSync(guests);
  writeFileSync(join(folder, 'virsh'), FAKE_VIRSH, { mode: 0o755 });
  for (const file of files) {
    writeFileSync(join(guests, file), '0\n');
    writeFileSync(join(guests, `${file.replace(/\..*/, '')}.known`), '');
  }
  const log = join(guests, 'log');
  return {
    guests,
    env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}

function restart(host: ReturnType<typeof guestHost>, more: Partial<DomainRestart> = {}, shell: readonly string[] = ['sh']) {
  const [, ...args] = domainRestartCommand({ what: 'domain-restart', domain: 'web01', timeoutMs: 60_000, ...more });
  try {
    const said = execFileSync(shell[0] ?? 'sh', [...shell.slice(1).filter((word) => word !== '-s'), ...args], {
      env: host.env,
      encoding: 'utf8',
    });
    return { status: 0, said: said.trim() };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return { status, said: stdout.trim() };
  }
}

describe('a restart of a guest', () => {
  test.each(SHELLS)('stops it, starts it, and tells both ids, in %j', (...shell) => {
    const host = guestHost('web01');
    expect(restart(host, {}, shell)).toEqual({ status: 0, said: 'web01 runs anew: its id was 0 and is 1' });
    expect(host.calls()).toEqual(['shutdown web01', 'start web01']);
  });

  test('leaves one that is off as it is', () => {
    const host = guestHost('web01.known');
    expect(restart(host)).toEqual({ status: 0, said: 'web01 is off, and takes its definition up when it is started' });
    expect(host.calls()).toEqual([]);
  });

  test('fails where it does not shut down in time, and never switches it off unasked', () => {
    const host = guestHost('web01', 'web01.deaf');
    expect(restart(host, { timeoutMs: 1000 })).toEqual({ status: 1, said: 'web01 did not shut down within 1 s; it may still do so' });
    expect(host.calls().filter((call) => !call.startsWith('shutdown') && call !== '')).toEqual([]);
    expect(restart(host, { timeoutMs: 1000, late: 'destroy' })).toMatchObject({ status: 0 });
    expect(host.calls().slice(-2)).toEqual(['destroy web01', 'start web01']);
  });

  test('fails where libvirt does not know it, it does not start, or it has its old id', () => {
    expect(restart(guestHost())).toEqual({ status: 1, said: 'web01 is not known to libvirt' });
    expect(restart(guestHost('web01', 'web01.broken'))).toEqual({ status: 1, said: 'web01 does not start' });
    expect(restart(guestHost('web01', 'web01.same'))).toEqual({ status: 1, said: 'web01 still has the id 0' });
  });

  test('that only starts lets one that runs be', () => {
    const host = guestHost('web01');
    expect(restart(host, { only: 'start' })).toEqual({ status: 0, said: 'web01 runs' });
    rmSync(join(host.guests, 'web01'));
    expect(restart(host, { only: 'start' })).toEqual({ status: 0, said: 'web01 runs anew: its id was - and is 1' });
    expect(host.calls()).toEqual(['start web01']);
  });
});

test('what is taken back: a guest that did not come up is started, and one that did is restarted', async () => {
  const host = guestHost('web01', 'web02', 'web02.broken');
  const [first, second] = ['web01', 'web02'].map((domain) =>
    settle({ what: 'domain-restart', domain, timeoutMs: 60_000 }, { because: 'x', touches: [] }),
  );
  if (first === undefined || second === undefined) throw new Error('two were made');
  const outcome = await convergeHost(
    localSession(['sh', '-s'], host.env),
    [textStep(1, { path: join(host.guests, 'definition'), text: 'new', after: [first, second] })],
    { host: 'host', limits: DEFAULT_LIMITS, listener: () => {}, now: () => 0, durable: async () => {} },
  );
  expect(outcome.steps[0]?.outcome).toMatchObject({
    takenBack: 'taken back',
    error: { code: 'CHANGE_FAILED', message: expect.stringContaining('web02 does not start') },
  });
  expect(existsSync(join(host.guests, 'definition'))).toBe(false);
  expect(host.calls()).toEqual([
    ...['shutdown web01', 'start web01', 'shutdown web02', 'start web02'],
    ...['shutdown web01', 'start web01', 'start web02'],
  ]);
});
