import { DroverError } from '../core/errors.ts';
import { file, stat } from '../core/file.ts';
import { ABSENT, all, command, map, type Probe, type Reading } from '../core/probe.ts';

/** A network link of the host. */
export interface Link {
  readonly name: string;
  readonly mtu: number;
  /** The bridge that it is a port of. */
  readonly bridge: string | undefined;
}

/** All links. Nothing that counts packets is asked for, so that a quiet host answers the same twice. */
export const links: Probe<readonly Link[]> = map(command('ip', '-json', 'link', 'show'), (answer) =>
  parseJson(answer).map((link) => ({ name: text(link, 'ifname') ?? '', mtu: Number(link['mtu']), bridge: text(link, 'master') })),
);

/** The names of the links of a kind that are up. Older versions of ip print an empty object for each link of another kind. */
export function linksUp(kind: string): Probe<readonly string[]> {
  return map(command('ip', '-json', 'link', 'show', 'up', 'type', kind), (answer) =>
    answer.stdout.trim() === '' && answer.status === 0 ? [] : parseJson(answer).flatMap((link) => text(link, 'ifname') ?? []),
  );
}

/** A link with its addresses. */
export interface AddressedLink {
  readonly isBridge: boolean;
  readonly isUp: boolean;
  /** IPv4 only, with the prefix length. */
  readonly addresses: readonly string[];
}

/** One link; undefined where there is none of that name. Without `-details`, which tells timers that differ from look to look. */
export function addressedLink(name: string): Probe<AddressedLink | undefined> {
  const parts = all({ answer: command('ip', '-json', 'address', 'show', 'dev', name), bridge: stat(`/sys/class/net/${name}/bridge`) });
  return map(parts, ({ answer, bridge }) => {
    if (answer.status === 1 && /does not exist|can't find device/i.test(answer.stderr)) return undefined;
    const link = parseJson(answer).find((entry) => entry['ifname'] === name);
    return link === undefined ? undefined : parseAddressedLink(link, bridge !== undefined);
  });
}

/** Addresses of links that are up, with their links. Taken from the table of local routes, for `ip address` tells how long leases last yet. */
export const localAddresses: Probe<readonly { readonly link: string; readonly address: string }[]> = map(
  all({ routes: command('ip', '-4', '-json', 'route', 'show', 'table', 'local'), inet6: file('/proc/net/if_inet6') }),
  ({ routes, inet6 = '' }) => [
    ...parseJson(routes)
      .filter((route) => route['type'] === 'local')
      .map((route) => ({ link: text(route, 'dev') ?? '', address: text(route, 'dst') ?? '' })),
    // Lines of address, index, prefix length, scope, flags and name.
    ...inet6.split('\n').flatMap((line) => {
      const [address = '', , , , , link] = line.trim().split(/\s+/);
      return link === undefined ? [] : [{ link, address: address.replaceAll(/(.{4})(?=.)/g, '$1:') }];
    }),
  ],
);

/** Whether an address with its prefix length belongs to a subnet, as 172.17.0.1/16 does to 172.17.0.0/16. */
export function isInSubnet(address: string, subnet: string): boolean {
  const [one = '', length] = address.split('/');
  const [other = '', wanted] = subnet.split('/');
  const bits = Number(wanted);
  return length === wanted && toBits(one).slice(0, bits) === toBits(other).slice(0, bits);
}

function toBits(address: string): string {
  const parts = address.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  return parts.join('');
}

type Entry = Readonly<Record<string, unknown>>;

function parseAddressedLink(link: Entry, isBridge: boolean): AddressedLink {
  const addresses = isEntries(link['addr_info']) ? link['addr_info'] : [];
  return {
    isBridge,
    isUp: Array.isArray(link['flags']) && link['flags'].includes('UP'),
    addresses: addresses.filter((address) => address['family'] === 'inet').map((address) => `${address['local']}/${address['prefixlen']}`),
  };
}

function parseJson({ status, stdout, stderr }: Reading): readonly Entry[] {
  if (status !== 0) throw new DroverError('STATE_UNREADABLE', `ip: ${status === ABSENT ? 'absent' : stderr.trim() || `status ${status}`}`);
  try {
    const value: unknown = JSON.parse(stdout);
    if (isEntries(value)) return value;
  } catch (cause) {
    throw new DroverError('STATE_UNREADABLE', 'ip: its answer is no JSON', { cause });
  }
  throw new DroverError('STATE_UNREADABLE', 'ip: its answer is no list');
}

function isEntries(value: unknown): value is readonly Entry[] {
  return Array.isArray(value) && value.every(isEntry);
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null;
}

function text(entry: Entry, key: string): string | undefined {
  const value = entry[key];
  return typeof value === 'string' ? value : undefined;
}
