import { DroverError } from '../core/errors.ts';
import { type FileImage, file, fileImage, stat } from '../core/file.ts';
import { type Blocked, blocked } from '../core/plan.ts';
import { ABSENT, type Argv, all, commandIf, commandUnless, each, map, type Probe, type Reading } from '../core/probe.ts';
import { generatedEtc } from './host.ts';
import { type Unit, unit } from './systemd.ts';

/** What the MSS of a connection is lowered to: what the route allows, or a number of bytes for IPv4 (IPv6 takes 20 more for its header). */
export type Clamp = 'pmtu' | number;

/** Where the rules stand: with those of iptables, or in a table of our own. */
type ClampBackend = 'iptables' | 'nftables';

/** The programs of iptables, one for each address family that the host has. */
type Program = 'iptables' | 'ip6tables';

/** The forwarding rules of a host, as far as they are about the MSS. */
export interface ClampHost {
  readonly programs: readonly Program[];
  readonly hasIptables: boolean;
  readonly hasNft: boolean;
  /** Undefined where firewalld does not run. */
  readonly firewalld: 'nftables' | 'iptables' | undefined;
  /** Rules of chain FORWARD of table mangle that set an MSS, for each program, without `-A FORWARD`. */
  readonly rules: { readonly [program in Program]: readonly string[] };
  /** What our own table of nftables says; undefined where there is none. */
  readonly table: Clamp | 'not ours' | undefined;
  readonly unit: Unit;
  readonly file: { readonly image?: FileImage } | undefined;
  readonly etcBy: string | undefined;
}

/** The unit that sets the rules when the host boots. */
export const CLAMP_UNIT = 'drover-mss-clamp.service';

/** Its file. */
export const CLAMP_FILE = `/etc/systemd/system/${CLAMP_UNIT}`;

const TABLE = 'inet drover_mss';

/** Everything that matters for the clamp. */
export const clampHost: Probe<ClampHost> = map(
  all({
    ipv6: stat('/proc/net/if_inet6'),
    hasIptables: isProgram('iptables'),
    hasNft: isProgram('nft'),
    firewalld: unit('firewalld.service'),
    firewalldConf: file('/etc/firewalld/firewalld.conf'),
    rules: all({ iptables: clampRules('iptables', 'iptable_mangle'), ip6tables: clampRules('ip6tables', 'ip6table_mangle') }),
    table: map(whereNftables('nft', 'list', 'table', ...TABLE.split(' ')), parseTable),
    unit: unit(CLAMP_UNIT),
    file: fileImage(CLAMP_FILE),
    etcBy: generatedEtc,
  }),
  ({ ipv6, firewalld, firewalldConf, ...rest }) => ({
    ...rest,
    programs: ipv6 === undefined ? ['iptables'] : ['iptables', 'ip6tables'],
    // firewalld.conf(5): nftables is the default.
    firewalld:
      firewalld.active === 'active' ? (/^FirewallBackend=iptables\s*$/m.test(firewalldConf ?? '') ? 'iptables' : 'nftables') : undefined,
  }),
);

/** Whether the program is there. It is not run: even to tell its version nft loads nfnetlink. */
function isProgram(name: string): Probe<boolean> {
  return map(each(['/usr/sbin', '/sbin', '/usr/bin'].map((folder) => stat(`${folder}/${name}`))), (found) =>
    found.some((one) => one !== undefined),
  );
}

/** Both kinds of iptables hold at the same time. */
function clampRules(program: Program, module: string): Probe<readonly string[]> {
  const listing = ['-t', 'mangle', '-S', 'FORWARD'] as const;
  const parts = all({
    nft: whereNftables(`${program}-nft`, ...listing),
    // Without the other guard: to ask for an old table that is built in is to set it up.
    legacy: commandIf(`/sys/module/${module}`, `${program}-legacy`, ...listing),
  });
  return map(parts, ({ nft, legacy }) => [...rulesIn(`${program}-nft`, nft), ...rulesIn(`${program}-legacy`, legacy)]);
}

function rulesIn(program: string, { status, stdout, stderr }: Reading): readonly string[] {
  if (status === ABSENT) return [];
  if (status !== 0) throw new DroverError('STATE_UNREADABLE', `${program}: ${stderr.trim() || `status ${status}`}`);
  return stdout.split('\n').flatMap((line) => (line.includes('-j TCPMSS') ? [line.replace(/^-A FORWARD /, '')] : []));
}

/**
 * To list rules of the new kind loads their module. Where it is not loaded there are none, and nothing is asked; a kernel that
 * can load no modules, and so has no /proc/modules, may be asked at any time.
 */
function whereNftables(...argv: Argv): Probe<Reading> {
  const parts = all({ loaded: commandIf('/sys/module/nf_tables', ...argv), builtIn: commandUnless('/proc/modules', ...argv) });
  return map(parts, ({ loaded, builtIn }) => (loaded.status === ABSENT ? builtIn : loaded));
}

/** The rule as iptables prints it: what it is given is what it says. */
export function clampRule(program: Program, clamp: Clamp): readonly string[] {
  const set = clamp === 'pmtu' ? ['--clamp-mss-to-pmtu'] : ['--set-mss', String(program === 'iptables' ? clamp : clamp - 20)];
  return ['-p', 'tcp', '-m', 'tcp', '--tcp-flags', 'SYN,RST', 'SYN', '-j', 'TCPMSS', ...set];
}

/** Adds (`-A`), deletes (`-D`) or checks (`-C`) a rule. The xtables lock is waited for. */
export function ruleCommand(program: Program, verb: '-A' | '-D' | '-C', rule: readonly string[]): Argv {
  return [program, '-w', '10', '-t', 'mangle', verb, 'FORWARD', ...rule];
}

/** Puts our table in place in one transaction, whatever stood in it. */
export function tableCommand(clamp: Clamp): Argv {
  const syn = 'tcp flags & (syn|rst) == syn tcp option maxseg size set';
  const rules = clamp === 'pmtu' ? [`${syn} rt mtu`] : [`meta nfproto ipv4 ${syn} ${clamp}`, `meta nfproto ipv6 ${syn} ${clamp - 20}`];
  const parts = [
    `add table ${TABLE}`,
    `delete table ${TABLE}`,
    `add table ${TABLE}`,
    `add chain ${TABLE} forward { type filter hook forward priority -150; policy accept; }`,
    ...rules.map((rule) => `add rule ${TABLE} forward ${rule}`),
  ];
  return ['nft', parts.join('; ')];
}

/** Takes our table away. */
export const DELETE_TABLE: Argv = ['nft', 'delete', 'table', ...TABLE.split(' ')];

function parseTable({ status, stdout, stderr }: Reading): ClampHost['table'] {
  if (status === ABSENT || (status !== 0 && stderr.includes('No such file or directory'))) return undefined;
  if (status !== 0) throw new DroverError('STATE_UNREADABLE', `nft: ${stderr.trim() || `status ${status}`}`);
  const [first, second, ...more] = [...stdout.matchAll(/maxseg size set (rt mtu|\d+)$/gm)].map(([, size]) => size);
  if (more.length > 0 || !stdout.includes('hook forward')) return 'not ours';
  if (first === 'rt mtu' && second === undefined) return 'pmtu';
  return first !== undefined && Number(second) === Number(first) - 20 ? Number(first) : 'not ours';
}

/** The unit's file. It checks before it adds and does not stay active, so that it can be started again at any time. */
export function clampUnit(backend: ClampBackend, clamp: Clamp, programs: ClampHost['programs']): string {
  const lines =
    backend === 'nftables'
      ? [`ExecStart=nft "${tableCommand(clamp)[1]}"`]
      : programs.map((program) => {
          const [check, add] = (['-C', '-A'] as const).map((verb) => ruleCommand(program, verb, clampRule(program, clamp)).join(' '));
          return `ExecStart=sh -c "${check} 2>/dev/null || ${add}"`;
        });
  return `# Kept by drover.
[Unit]
Description=Clamp the MSS of forwarded TCP connections
After=network-pre.target firewalld.service iptables.service netfilter-persistent.service nftables.service ufw.service

[Service]
Type=oneshot
${lines.join('\n')}

[Install]
WantedBy=multi-user.target
`;
}

/** firewalld leaves tables alone that are not its own, and takes rules of iptables away when it reloads. */
export function clampBackend({ hasIptables, firewalld }: ClampHost): ClampBackend {
  return hasIptables && firewalld === undefined ? 'iptables' : 'nftables';
}

/** Why the clamp cannot be set on this host; undefined where it can. */
export function clampObstacle(host: ClampHost, mss: Clamp): Blocked | undefined {
  const backend = clampBackend(host);
  if (host.etcBy !== undefined)
    return blocked(`${host.etcBy} makes /etc on this host`, `Set the rule in the configuration of ${host.etcBy}.`);
  if (host.firewalld === 'iptables')
    return blocked(
      'firewalld uses iptables, and flushes rules of others',
      'Set FirewallBackend=nftables in /etc/firewalld/firewalld.conf.',
    );
  if (backend === 'nftables' && !host.hasNft) return blocked('there is no nft', 'Install nftables.');
  if (host.file !== undefined && host.file.image === undefined)
    return blocked(`${CLAMP_FILE} is no regular file`, 'Unmask the unit, or move the file away.');
  if (backend === 'nftables')
    return host.table === 'not ours' ? blocked('table inet drover_mss holds other rules', 'Delete it.') : undefined;
  const [rival] = host.programs.flatMap((program) => {
    const wanted = clampRule(program, mss).join(' ');
    return host.rules[program].filter((rule) => rule !== wanted && !isOurs(host, rule)).map((rule) => `${program}: ${rule}`);
  });
  return rival === undefined
    ? undefined
    : blocked(`another rule sets the MSS: ${rival}`, 'Take it out where it is kept, or leave this step out.');
}

/** Whether our unit sets the rule. */
function isOurs({ file }: ClampHost, rule: string): boolean {
  return file?.image?.content.includes(`-A FORWARD ${rule}"\n`) === true;
}
