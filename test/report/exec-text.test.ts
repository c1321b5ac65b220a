import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import { linesOf, outputKeeper } from '../../src/report/exec-output.ts';
import { type CommandEnd, type ExecResult, execLines, execSummary, oneLine } from '../../src/report/exec-text.ts';
import { execJson } from '../../src/report/json.ts';
import { plain } from '../support/report-samples.ts';

function result(host: string, end: CommandEnd, stdout = '', stderr = ''): ExecResult {
  return {
    host,
    address: `${host}.example.net`,
    end,
    kept: { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), dropped: 0 },
    durationMs: 5,
  };
}

const fine: CommandEnd = { status: 'exited', code: 0 };
const results = [
  result('web01', fine, 'up\n'),
  result('web02', fine, 'up\n'),
  result('web03', { status: 'exited', code: 3 }, 'half\n', 'oh\x1b[1m\n'),
  result('web04', { status: 'failed', error: new DroverError('HOST_UNREACHABLE', 'no route') }),
  result('web05', fine, 'odd\nout'),
  result('web06', { status: 'killed', signal: 'KILL' }),
  result('web07', { status: 'not started' }),
];

describe('execLines', () => {
  it('folds equal output, what went wrong first', () => {
    expect(execLines(results, plain)).toEqual([
      'web04: HOST_UNREACHABLE',
      '  no route [HOST_UNREACHABLE]',
      '  → Check the address, the port and the network.',
      'web06: killed by KILL',
      'web07: not started',
      'web03: exit 3',
      '  half',
      '  2> oh\\x1b[1m',
      'web05:',
      '  odd',
      '  out',
      'web[01-02] (2 hosts):',
      '  up',
    ]);
  });

  it('takes hosts together that were not reached for the same reason, but never rewrites what they printed', () => {
    const lost = (host: string): ExecResult =>
      result(host, { status: 'failed', error: new DroverError('HOST_UNREACHABLE', `${host}.example.net:22: no route`) });
    const printed = (host: string): ExecResult => result(host, fine, `${host}\n`);
    expect(execLines([lost('a1'), lost('a2'), printed('b1'), printed('b2')], plain)).toEqual([
      'a[1-2] (2 hosts): HOST_UNREACHABLE',
      '  <host>:22: no route [HOST_UNREACHABLE]',
      '  → Check the address, the port and the network.',
      'b1:',
      '  b1',
      'b2:',
      '  b2',
    ]);
  });

  it('sums up the ends', () => {
    expect(execSummary(results, plain)).toBe('7 hosts: 1 HOST_UNREACHABLE, 1 killed by KILL, 1 not started, 1 exit 3, 3 exit 0');
  });

  it('says what was not kept', () => {
    const cut = { ...result('a', fine, 'x'), kept: { stdout: Buffer.from('x'), stderr: Buffer.alloc(0), dropped: 9 } };
    expect(execLines([cut], plain)).toEqual(['a:', '  x', '  … 9 bytes more, not kept: --no-fold gives all as it comes']);
    expect(oneLine(cut, plain)).toBe('a: exit 0: x\\n… 9 bytes more, not kept: --no-fold gives all as it comes');
    expect(oneLine({ ...cut, saved: '/out' }, plain)).toBe('a: exit 0: x\\n… 9 bytes more, all of it is in /out');
    expect(execJson({ ...cut, saved: '/out' })).toMatchObject({ dropped: 9, saved: '/out' });
  });
});

describe('oneLine', () => {
  it('is one line, whatever was printed', () => {
    expect(oneLine(result('web03', { status: 'exited', code: 3 }, 'a\nb\r\n', 'c'), plain)).toBe('web03: exit 3: a\\nb\\r\\nc');
  });
});

describe('execJson', () => {
  it('keeps bytes that are no UTF-8', () => {
    const bytes = { ...result('a', fine), kept: { stdout: Buffer.from([0xff, 0x41]), stderr: Buffer.alloc(0), dropped: 0 } };
    expect(execJson(bytes)).toEqual({
      host: 'a',
      status: 'exited',
      code: 0,
      stdout: 'ÿA',
      stderr: '',
      encoding: 'latin1',
      dropped: 0,
      durationMs: 5,
    });
  });
});

describe('outputKeeper', () => {
  it('gives the same lines however the bytes are cut, and keeps no more than it may', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200)), fc.nat(100), (bytes, cuts, limit) => {
        const keeper = outputKeeper(limit);
        const all = Buffer.from(bytes).map((byte) => (byte % 5 === 0 ? 10 : byte)) as Buffer;
        const edges = [0, ...cuts.sort((a, b) => a - b), all.length];
        const lines = edges.flatMap((edge, at) => keeper.take('stdout', all.subarray(edges[at - 1] ?? 0, edge)));
        expect([...lines, ...keeper.rest('stdout')]).toEqual(linesOf(all));
        const kept = keeper.kept();
        expect(kept.stdout.equals(all.subarray(0, limit))).toBe(true);
        expect(kept.dropped).toBe(Math.max(0, all.length - limit));
      }),
    );
  });

  it('gives out a line without end in pieces', () => {
    const keeper = outputKeeper(10);
    const lines = keeper.take('stderr', Buffer.alloc(200_000, 'x'));
    expect(lines.map((line) => line.length)).toEqual([65_536, 65_536, 65_536]);
    expect(keeper.rest('stderr').map((line) => line.length)).toEqual([200_000 - 3 * 65_536]);
  });
});
