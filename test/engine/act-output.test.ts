import { describe, expect, test } from 'vitest';
import { run } from '../../src/core/change.ts';
import { actReader } from '../../src/engine/act/act-answer.ts';
import { jobsOf } from '../../src/engine/act/act-jobs.ts';
import { actTimeoutMs } from '../../src/engine/act/act-script.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';

const NONCE = 'n'.repeat(32);
const JOBS = jobsOf([{ number: 1, changes: [run(['chatty'], { undo: 'impossible', because: 'x', touches: [] })] }]);
const KEPT = 1 << 20;

/** What the reader tells of a command that says these chunks. */
function told(chunks: Iterable<string>): readonly string[] {
  const outputs: string[] = [];
  const reader = actReader(JOBS, NONCE, { started: () => {}, ended: ({ output }) => outputs.push(output) });
  for (const chunk of [`\n${NONCE} begin\n`, `\n${NONCE} started 0\n`, ...chunks]) reader.push(Buffer.from(chunk));
  return outputs;
}

function* repeated(chunk: string, times: number): Generator<string> {
  for (let i = 0; i < times; i += 1) yield chunk;
}

describe('a command that says more than is kept', () => {
  test('costs no more memory the more it says, and its last lines are told', () => {
    const lines = `${'x'.repeat(63)}\n`.repeat(1024);
    const before = process.memoryUsage().rss;
    const [output = ''] = told([...repeated(lines, 8192), `the end\n\n${NONCE} ended 0 1\n`]);
    expect(process.memoryUsage().rss - before).toBeLessThan(120_000_000);
    expect(output.length).toBeGreaterThan(KEPT);
    expect(output.length).toBeLessThan(3 * KEPT);
    expect(output).toMatch(/^\(\d+ bytes before this are left out\)\nx{63}\n/);
    expect(output).toMatch(/x{63}\nthe end\n$/);
  });

  test('loses whole lines only: of a piece of a secret nothing would be found', () => {
    const [output = ''] = told([...repeated('s3cret'.repeat(1000), 1000), `\nend\n${NONCE} ended 0 0\n`]);
    expect(output.length).toBeLessThan(100);
    expect(output).toBe('(6000000 bytes before this are left out)\nend');
  });

  test.each(Array.from({ length: 36 }, (_, at) => at))('ends where it ends, its mark cut after %i signs', (at) => {
    const mark = `\n${NONCE} ended 0 0\n`;
    const flood = 'y'.repeat(3 * KEPT);
    expect(told([flood + mark.slice(0, at), mark.slice(at)])).toHaveLength(1);
  });
});

test('an act of many long commands gets a limit that a timer can bear', () => {
  const day = run(['backup'], { undo: 'impossible', because: 'x', touches: [], timeoutMs: 86_400_000 });
  const steps = [{ number: 1, changes: Array.from({ length: 30 }, () => day) }];
  expect(actTimeoutMs({ steps, nonce: NONCE, limits: DEFAULT_LIMITS })).toBe(2 ** 31 - 1);
});
