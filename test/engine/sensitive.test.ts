import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/core/change.ts';
import type { Event } from '../../src/core/events.ts';
import { convergeHost } from '../../src/engine/host/converge.ts';
import { DEFAULT_LIMITS } from '../../src/engine/script/limits.ts';
import { localSession } from '../support/local-session.ts';
import { step } from '../support/made-up-steps.ts';
import { SHELLS } from '../support/shells.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Makes one sensitive run; what was told of it. */
async function make(shell: (typeof SHELLS)[number], argv: readonly [string, ...string[]]): Promise<{ events: string; outcome: string }> {
  const events: Event[] = [];
  const change = { ...run(argv, { undo: 'impossible', because: 'it is due', touches: [] }), sensitive: true as const };
  const due = step(1, { reads: [], parse: () => ({ status: 'drift', changes: [change], repeats: true }) as const });
  const options = {
    host: 'a',
    limits: DEFAULT_LIMITS,
    listener: (event: Event) => events.push(event),
    now: () => 0,
    durable: async () => {},
  };
  const { status, error } = await convergeHost(localSession(shell), [due], options);
  const outputs = events.flatMap((event) => (event.type === 'change ended' ? [event.output] : []));
  return { events: outputs.join('|'), outcome: `${status}: ${error?.message.replace(/^run .*: status/, 'status') ?? ''}` };
}

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('a sensitive run in %s', (_, shell) => {
  it('prints nothing that is told of, also where it fails', async () => {
    expect(await make(shell, ['sh', '-c', 'echo hunter2'])).toEqual({ events: 'its output is not shown', outcome: 'changed: ' });
    const failed = { events: 'its output is not shown', outcome: 'failed: status 3: its output is not shown' };
    expect(await make(shell, ['sh', '-c', 'echo hunter2 >&2; exit 3'])).toEqual(failed);
    expect(await make(shell, ['sh', '-c', 'exit 4'])).toEqual({ events: '', outcome: 'failed: status 4' });
  });

  it('has its text in no argv, its arguments where it expects them, and an empty stdin', async () => {
    const file = join(tempFolder(), 'seen');
    const text = `{ cat /proc/$$/cmdline /proc/$PPID/cmdline; printf '<%s>' "$@"; cat; } >${file} # canary 'q' \\n %s`;
    await make(shell, ['sh', '-c', text]);
    expect(readFileSync(file, 'utf8')).not.toMatch(/canary/);
    await make(shell, ['sh', '-c', text, 'sh', "it's", '-n  x']);
    expect(readFileSync(file, 'utf8')).toContain("<it's><-n  x>");
    expect(readFileSync(file, 'utf8')).not.toMatch(/canary/);
  });
});
