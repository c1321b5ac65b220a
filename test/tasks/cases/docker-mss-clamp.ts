import type { TaskCase } from '../../support/task-table.ts';

const FILE = '/etc/systemd/system/drover-mss-clamp.service';
const CREATE = `create ${FILE}: so that the rules are set at boot`;
const EDIT = `edit ${FILE}: so that the rules are set at boot`;
const ENABLE = 'run systemctl enable drover-mss-clamp.service: the unit is not started at boot';
const RELOAD = 'daemon-reload: the file of the unit changed';
const STEADY = 'iptables clamps the MSS to the path, now and after a reboot';

const rule = (program: string, verb: string, set: string, because: string) =>
  `run ${program} -w 10 -t mangle ${verb} FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS ${set}: ${because}`;
const ADD4 = rule('iptables', '-A', '--clamp-mss-to-pmtu', 'iptables has no such rule');
const ADD6 = rule('ip6tables', '-A', '--clamp-mss-to-pmtu', 'ip6tables has no such rule');
const table = (rules: string, because: string) =>
  `run nft "add table inet drover_mss; delete table inet drover_mss; add table inet drover_mss; add chain inet drover_mss forward { type filter hook forward priority -150; policy accept; }; ${rules}": ${because}`;
const TO_PATH = 'add rule inet drover_mss forward tcp flags & (syn|rst) == syn tcp option maxseg size set rt mtu';

export const cases: readonly TaskCase[] = [
  { host: 'clamp-none', with: {}, finds: { drift: [CREATE, ENABLE, ADD4, ADD6, RELOAD] }, result: { backend: 'iptables', rules: [] } },
  {
    host: 'clamp-none',
    with: { mss: 1360 },
    finds: {
      drift: [
        CREATE,
        ENABLE,
        rule('iptables', '-A', '--set-mss 1360', 'iptables has no such rule'),
        rule('ip6tables', '-A', '--set-mss 1340', 'ip6tables has no such rule'),
        RELOAD,
      ],
    },
  },
  { host: 'clamp-live-only', with: {}, finds: { drift: [CREATE, ENABLE, ADD6, RELOAD] } },
  {
    host: 'clamp-live-only',
    with: { mss: 1360 },
    finds: { blocked: 'another rule sets the MSS: iptables: -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu' },
  },
  {
    host: 'clamp-rival',
    with: {},
    finds: { blocked: 'another rule sets the MSS: iptables: -o eth0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200' },
  },
  {
    host: 'clamp-pmtu',
    with: {},
    finds: { steady: STEADY },
    result: {
      backend: 'iptables',
      rules: Array.from({ length: 2 }, () => '-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu'),
    },
  },
  { host: 'clamp-legacy', with: {}, finds: { steady: STEADY } },
  { host: 'clamp-flushed', with: {}, finds: { drift: [ADD4, ADD6] } },
  { host: 'clamp-1360', with: { mss: 1360 }, finds: { steady: 'iptables clamps the MSS to 1360, now and after a reboot' } },
  {
    host: 'clamp-1360',
    with: {},
    finds: {
      drift: [
        EDIT,
        rule('iptables', '-A', '--clamp-mss-to-pmtu', 'iptables has --set-mss 1360'),
        rule('iptables', '-D', '--set-mss 1360', 'iptables has --set-mss 1360'),
        rule('ip6tables', '-A', '--clamp-mss-to-pmtu', 'ip6tables has --set-mss 1340'),
        rule('ip6tables', '-D', '--set-mss 1340', 'ip6tables has --set-mss 1340'),
        RELOAD,
      ],
    },
  },
  { host: 'clamp-no-ipv6', with: {}, finds: { drift: [CREATE, ENABLE, ADD4, RELOAD] } },
  {
    host: 'clamp-firewalld',
    with: {},
    finds: { drift: [CREATE, ENABLE, table(TO_PATH, 'there is no table that clamps'), RELOAD] },
    result: { backend: 'nftables', rules: [] },
  },
  {
    host: 'clamp-no-iptables',
    with: {},
    finds: { drift: [CREATE, ENABLE, table(TO_PATH, 'there is no table that clamps'), RELOAD] },
  },
  { host: 'clamp-table-1360', with: { mss: 1360 }, finds: { steady: 'nftables clamps the MSS to 1360, now and after a reboot' } },
  { host: 'clamp-table-1360', with: {}, finds: { drift: [EDIT, table(TO_PATH, 'the table clamps to 1360'), RELOAD] } },
  { host: 'clamp-table-foreign', with: {}, finds: { blocked: 'table inet drover_mss holds other rules' } },
  { host: 'clamp-firewalld-iptables', with: {}, finds: { blocked: 'firewalld uses iptables, and flushes rules of others' } },
  { host: 'clamp-no-firewall', with: {}, finds: { blocked: 'there is no nft' } },
  { host: 'clamp-unit-masked', with: {}, finds: { blocked: `${FILE} is no regular file` } },
  { host: 'clamp-nixos', with: {}, finds: { blocked: 'NixOS makes /etc on this host' } },
  { host: 'clamp-unreadable', with: {}, finds: { blocked: 'iptables-nft: Another app is currently holding the xtables lock.' } },
];
