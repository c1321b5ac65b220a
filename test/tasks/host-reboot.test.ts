import { describe, expect, it } from 'vitest';
import { hostReboot } from '../../src/tasks/host-reboot.ts';
import { findingOf } from '../support/task-table.ts';

describe('host.reboot where guests run', () => {
  it('shuts them down before it, with a way back, and tells the reboot so', () => {
    const params = { guests: 'shutdown', guests_timeout: 60, timeout: 120 };
    expect(findingOf(hostReboot, { host: 'reboot-guests', with: params }).plan).toMatchObject({
      status: 'drift',
      changes: [
        {
          kind: 'run',
          argv: ['sh', '-c', expect.stringContaining('virsh'), 'drover-drain', 'shutdown', '60', 'web', 'db'],
          undo: ['sh', '-c', expect.stringContaining('v start'), 'drover-start', 'web', 'db'],
          because: 'guests run: web, db',
        },
        { kind: 'settle', settling: { what: 'reboot', guests: 'drained', timeoutMs: 120_000 } },
      ],
    });
  });
});
