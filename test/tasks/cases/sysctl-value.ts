import type { TaskCase } from '../../support/task-table.ts';

const params = { key: 'net.ipv4.ip_forward', value: '1' };
const CREATE = 'create /etc/sysctl.d/90-drover-net.ipv4.ip_forward.conf: so that it outlasts a reboot';

export const cases: readonly TaskCase[] = [
  { host: 'sysctl-kept', with: params, finds: { steady: 'net.ipv4.ip_forward is 1, now and after a reboot' } },
  { host: 'sysctl-live-only', with: params, finds: { drift: [CREATE] } },
  { host: 'sysctl-off', with: params, finds: { drift: [CREATE, 'run sysctl -w net.ipv4.ip_forward=1: it is 0 now'] } },
  {
    host: 'sysctl-rival',
    with: params,
    finds: { blocked: '/etc/sysctl.d/99-router.conf sets net.ipv4.ip_forward to another value and is read later' },
  },
];
