import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, write } from '../../src/core/change.ts';
import { DroverError } from '../../src/core/errors.ts';
import type { Event } from '../../src/core/events.ts';
import { changeJson, errorJson, eventJson, fleetJson } from '../../src/report/json.ts';
import { openLogFile } from '../../src/report/log-file.ts';
import { scrubber } from '../../src/report/scrub.ts';
import { everyEnd, everyEvent, outcomeOf } from '../support/report-samples.ts';
import { tempFolder } from '../support/temp-folder.ts';

const quiet = { diff: false };

describe('json', () => {
  it('says an error with code, message, hint and place', () => {
    expect(errorJson(new DroverError('LOOK_TIMEOUT', 'ended', { where: { host: 'a' } }))).toEqual({
      code: 'LOOK_TIMEOUT',
      message: 'ended',
      hint: 'A read hangs on the host: a dead mount or a daemon that does not answer.',
      where: { host: 'a' },
    });
  });

  it('says a change in words and parts, contents only as a difference that was asked for', () => {
    const change = write('/etc/x', undefined, { content: 'secret\n', mode: 0o600, owner: 'root', group: 'root' }, 'it is due');
    const known = { kind: 'write', what: 'create /etc/x', because: 'it is due', reversible: true, path: '/etc/x' };
    expect(changeJson(change, quiet)).toEqual(known);
    expect(changeJson(change, { diff: true })).toEqual({ ...known, diff: ['@@ -0,0 +1,1 @@', '+secret'] });
    const once = run(['sh', '-c', 'x'], { undo: 'impossible', because: 'it is due', touches: ['*'] });
    expect(changeJson(once, quiet)).toEqual({
      kind: 'run',
      what: 'run sh -c x',
      because: 'it is due',
      reversible: false,
      argv: ['sh', '-c', 'x'],
    });
  });

  it('has all counts in its summary, also those of nothing', () => {
    const hosts = [outcomeOf('a', 'failed', ...everyEnd('x')), outcomeOf('b', 'steady')];
    const report = { hosts, waves: ['w'], interrupted: false, durationMs: 3, outputs: new Map(), addresses: new Map() };
    expect(fleetJson(report, 2, quiet)).toMatchObject({
      exit: 2,
      counts: { failed: 1, unknown: 0, unreachable: 0, blocked: 0, 'not started': 0, drift: 0, changed: 0, steady: 1 },
      hosts: [{ host: 'a', status: 'failed', steps: everyEnd('x').map(({ status }, at) => ({ number: at + 1, status })) }, { host: 'b' }],
    });
  });

  it('tells what a failed change printed', () => {
    const outputs = new Map([['a', { lines: ['no'], before: 7, file: '/f' }]]);
    const hosts = [outcomeOf('a', 'failed'), outcomeOf('b', 'steady')];
    const report = { hosts, waves: [], interrupted: false, durationMs: 3, outputs, addresses: new Map() };
    const { hosts: told } = fleetJson(report, 2, quiet) as { hosts: readonly object[] };
    expect(told[0]).toMatchObject({ output: { lines: ['no'], before: 7, file: '/f' } });
    expect(told[1]).not.toHaveProperty('output');
  });

  it('survives being written and read for every event', () => {
    for (const event of everyEvent('kvm01')) {
      const json = eventJson(event, quiet);
      expect(JSON.parse(JSON.stringify(json))).toEqual(json);
      expect(json).toMatchObject({ type: event.type, at: 1 });
    }
  });
});

describe('scrubber', () => {
  const secret = `hunter2 "o'k"/=`;

  it.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify({ secret })],
    ['in a URL', `https://x/?p=${encodeURIComponent(secret)}`],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['quoted for a shell', `'${secret.replaceAll("'", `'\\''`)}'`],
  ])('masks a secret %s', (_, text) => {
    const scrubbed = scrubber(new Set([secret]))(text);
    expect(scrubbed).toContain('********');
    expect(scrubbed).not.toContain('hunter2');
    expect(scrubbed).not.toContain('aHVudGVyMi');
    expect(scrubbed).not.toContain('68756e74');
  });

  it('leaves all else alone, and an empty secret masks nothing', () => {
    expect(scrubber(new Set([secret, '']))('a hunter and 2 dogs')).toBe('a hunter and 2 dogs');
  });
});

describe('openLogFile', () => {
  it('has one JSON line an event, the bad ones as errors, secrets masked and controls escaped', () => {
    const path = join(tempFolder(), 'drover.log');
    const log = openLogFile(path, scrubber(new Set(['hunter2'])), expect.unreachable);
    const events: readonly Event[] = everyEvent('a hunter2 \x9b2J');
    for (const event of events) log.listener(event);
    log.close();
    const text = readFileSync(path, 'utf8');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(lines.map((line) => [line['msg'], line['level'], line['time']])).toEqual([
      ['wave started', 30, 1],
      ['host started', 30, 1],
      ['host looked', 30, 1],
      ['host planned', 30, 1],
      ['change started', 30, 1],
      ['change ended', 50, 1],
      ['host ended', 50, 1],
      ['wave ended', 30, 1],
      ['step answered', 30, 1],
      ['stopped', 50, 1],
    ]);
    expect(text).not.toMatch(/hunter2|\x9b/);
    expect(lines[1]?.['host']).toBe('a ******** \x9b2J');
  });

  it('is cut off by a full disk, which is told once', () => {
    const told: string[] = [];
    const log = openLogFile('/dev/full', scrubber(new Set()), (why) => told.push(why));
    for (let i = 0; i < 100; i += 1) for (const event of everyEvent('a')) log.listener(event);
    log.close();
    expect(told).toEqual([expect.stringContaining('ENOSPC')]);
  });
});
