import { EventEmitter } from 'node:events';
import type { ClientChannel } from 'ssh2';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { runExchange } from '../../src/transport/exchange.ts';
import { startMark } from '../../src/transport/shell-line.ts';

const NONCE = 'abc';

/** A channel whose host says what the test wants, when it wants; the command proper has begun on it. */
function begun(timeoutMs: number) {
  const stderr = new EventEmitter();
  const channel = Object.assign(new EventEmitter(), { stderr, end: () => {}, write: () => true });
  const limits = { timeoutMs, maxBytes: 1_000_000 };
  const spec = { nonce: NONCE, stdin: Buffer.of(), holdsStdin: false, limits, overflow: 'keep head' } as const;
  const end = runExchange(channel as unknown as ClientChannel, spec);
  stderr.emit('data', Buffer.from(`${startMark(NONCE)} 1 (sh) S\n`));
  channel.emit('data', Buffer.from(`${startMark(NONCE)}\n`));
  return { channel, end };
}

describe('output that comes after the exit status', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
  });

  test('is waited for as long as it comes, however slow the line', async () => {
    const { channel, end } = begun(60_000);
    channel.emit('exit', 0);
    for (const word of ['a', 'b', 'c', 'd']) {
      vi.advanceTimersByTime(2_000);
      channel.emit('data', Buffer.from(word));
    }
    channel.emit('close');
    channel.stderr.emit('close');
    expect(await end).toMatchObject({ kind: 'done', output: { status: 0, stdout: Buffer.from('abcd') } });
  });

  test('is waited for no longer than the exchange may take', async () => {
    const { channel, end } = begun(10_000);
    channel.emit('exit', 3);
    for (let second = 0; second < 12; second += 1) {
      channel.emit('data', Buffer.from('.'));
      vi.advanceTimersByTime(1_000);
    }
    expect(await end).toMatchObject({ kind: 'done', output: { status: 3, stdout: Buffer.from('.'.repeat(10)) } });
  });

  test('is given up when it stays away', async () => {
    const { channel, end } = begun(60_000);
    channel.emit('exit', 0);
    vi.advanceTimersByTime(3_000);
    expect(await end).toMatchObject({ kind: 'done', output: { status: 0 } });
  });
});
