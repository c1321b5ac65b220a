import { expect, it } from 'vitest';
import { inverse } from '../../src/core/change.ts';
import { dockerMssClamp } from '../../src/tasks/docker-mss-clamp.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

it('checks before it adds when the host boots, for both address families', () => {
  const [unit] = changesOf(findingOf(dockerMssClamp, { host: 'clamp-none', with: { mss: 1360 } }).plan);
  const rule = 'FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss';
  expect(unit).toMatchObject({
    after: {
      mode: 0o644,
      content: expect.stringContaining(
        `ExecStart=sh -c "iptables -w 10 -t mangle -C ${rule} 1360 2>/dev/null || iptables -w 10 -t mangle -A ${rule} 1360"\n` +
          `ExecStart=sh -c "ip6tables -w 10 -t mangle -C ${rule} 1340 2>/dev/null || ip6tables -w 10 -t mangle -A ${rule} 1340"\n`,
      ),
    },
  });
});

it('deletes what it added, and gives back the table that stood there', () => {
  const added = changesOf(findingOf(dockerMssClamp, { host: 'clamp-flushed', with: {} }).plan);
  expect(added.map(inverse)).toMatchObject([{ argv: expect.arrayContaining(['-D']) }, { argv: expect.arrayContaining(['-D']) }]);
  const [, table] = changesOf(findingOf(dockerMssClamp, { host: 'clamp-table-1360', with: {} }).plan);
  expect(table === undefined ? undefined : inverse(table)).toMatchObject({
    argv: ['nft', expect.stringMatching(/nfproto ipv4 .* size set 1360; .* nfproto ipv6 .* size set 1340$/)],
  });
  const [, , first] = changesOf(findingOf(dockerMssClamp, { host: 'clamp-firewalld', with: {} }).plan);
  expect(first === undefined ? undefined : inverse(first)).toMatchObject({ argv: ['nft', 'delete', 'table', 'inet', 'drover_mss'] });
});

it.each([{ mss: 555 }, { mss: 65_496 }, { mss: '1360' }, { mss: 'path' }, { mss: 1360.5 }])('refuses %j', (params) => {
  expect(dockerMssClamp.params.safeParse(params).success).toBe(false);
});
