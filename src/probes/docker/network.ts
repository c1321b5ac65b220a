import type { Json } from '../../core/json.ts';
import { ABSENT, all, map, type Probe } from '../../core/probe.ts';
import { answered, askDocker, dockerVersion } from '../docker.ts';
import { type Link, links } from '../network.ts';

/** The network that Docker calls `bridge`, as the running daemon has it. */
export interface DefaultNetwork {
  readonly mtu: number;
  /** The address of its bridge with the prefix length, or the subnet where Docker leaves the address open (20.10 does). */
  readonly address: string | undefined;
  readonly subnet: string | undefined;
  /** How many containers hang on it. */
  readonly attached: number;
}

const MTU = 'com.docker.network.driver.mtu';

/** The MTU that dockerd takes where nobody says one. */
export const DEFAULT_MTU = 1500;

/** The default network; undefined where Docker does not run or has none (`bridge: none`). */
export const defaultNetwork: Probe<DefaultNetwork | undefined> = map(askDocker('network', 'inspect', 'bridge'), (answer) => {
  if (answer.status === ABSENT) return undefined;
  if (answer.status !== 0 && /no such network|not found/i.test(answer.stderr)) return undefined;
  const network = member(answered('docker network inspect bridge', answer), 0);
  const mtu = Number(member(member(network, 'Options'), MTU) ?? DEFAULT_MTU);
  const attached = Object.keys((member(network, 'Containers') ?? {}) as object).length;
  return { mtu, attached, ...ipv4Of(member(member(network, 'IPAM'), 'Config')) };
});

function ipv4Of(config: Json | undefined): Pick<DefaultNetwork, 'address' | 'subnet'> {
  const entries = (Array.isArray(config) ? (config as readonly Json[]) : []).map((entry) => ({
    gateway: member(entry, 'Gateway'),
    subnet: String(member(entry, 'Subnet') ?? ''),
  }));
  const found = entries.find(({ subnet }) => subnet.includes('.'));
  if (found === undefined) return { address: undefined, subnet: undefined };
  const { gateway, subnet } = found;
  return { address: typeof gateway === 'string' && gateway !== '' ? `${gateway}/${subnet.split('/')[1]}` : undefined, subnet };
}

function member(value: Json | undefined, key: string | number): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as { readonly [key: string]: Json })[key] : undefined;
}

/** A network that somebody made, beside those that Docker makes itself. */
export interface UserNetwork {
  readonly name: string;
  /** What its containers have, where that can be told. */
  readonly mtu: number | undefined;
}

/** The bridge networks that somebody made; none where Docker does not run. */
export const userNetworks: Probe<readonly UserNetwork[]> = map(
  all({
    listed: askDocker('network', 'ls', '--no-trunc', '--format', '{{.ID}} {{.Driver}} {{.Name}}'),
    links,
    version: dockerVersion,
  }),
  ({ listed, links, version }) =>
    listed.stdout
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, driver, name]) => driver === 'bridge' && name !== 'bridge')
      .map(([id = '', , name = '']) => ({ name, mtu: mtuOf(`br-${id.slice(0, 12)}`, links, version) })),
);

/** A port tells it always; the bridge only since Docker 25, which sets it there (moby commit 964ab7158c). */
function mtuOf(bridge: string, links: readonly Link[], version: number): number | undefined {
  const port = links.find((link) => link.bridge === bridge);
  return port?.mtu ?? (version >= 25 ? links.find(({ name }) => name === bridge)?.mtu : undefined);
}
