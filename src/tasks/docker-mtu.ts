import * as z from 'zod';
import { settle, type Write, write } from '../core/change.ts';
import { type Blocked, blocked, drift, steady } from '../core/plan.ts';
import { all } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { DAEMON_JSON, flagOf, flawIn, RUNNING_SOURCE } from '../probes/docker/config.ts';
import { DEFAULT_MTU, defaultNetwork, type UserNetwork, userNetworks } from '../probes/docker/network.ts';
import { DOCKER_TOUCHES, type Docker, docker, dockerObstacle, dockerVersion, interruption, meanwhile, WhenBusy } from '../probes/docker.ts';
import { type JsonEdit, withMember, withoutMember } from '../probes/json-edit.ts';

const NEW_NETWORKS = ['default-network-opts', 'bridge', 'com.docker.network.driver.mtu'] as const;

export const dockerMtu = defineTask({
  name: 'docker.mtu',
  summary: "Docker's default network has an MTU, and so have networks that are made from now on.",
  params: z.strictObject({
    mtu: z.int().min(576).max(65_535).describe('In bytes. Below 1280 IPv6 does not work; above the MTU of the uplink packets are lost.'),
    new_networks: z
      .boolean()
      .optional()
      .describe(
        'Whether networks made from now on get it too (Docker 24 and later); false takes that away, without it that is left alone.',
      ),
    when_busy: WhenBusy,
  }),
  effects: `Changes only these keys of ${DAEMON_JSON} and restarts Docker, which interrupts its containers. Networks that are there keep their MTU until they are made anew; so do containers until they are started again.`,
  examples: [
    { name: 'Containers fit into the tunnel', with: { mtu: 1400 } },
    { name: 'Networks of compose files too', with: { mtu: 1400, new_networks: true } },
  ],
  resultSchema: z.strictObject({
    configured: z.int().describe('What daemon.json says.'),
    live: z.int().nullable().describe('What the default network has; null where Docker does not run or has none.'),
    networks: z.record(z.string(), z.int()).describe('Networks that somebody made, with the MTU of each that can be told.'),
  }),

  inspect: () => all({ docker, version: dockerVersion, network: defaultNetwork, networks: userNetworks }),

  plan(state, { mtu, new_networks, when_busy }) {
    const { docker: found, network } = state;
    const obstacle = dockerObstacle(found) ?? flagInTheWay(found, { mtu, new_networks });
    if (obstacle !== undefined) return obstacle;
    if (new_networks === true && state.version < 24) {
      return blocked(
        `Docker ${state.version} cannot be told the MTU of new networks`,
        'Leave out new_networks, or upgrade Docker to 24 or later.',
      );
    }
    const edited = editedJson(found, { mtu, new_networks });
    if (!edited.ok) return flawIn(edited);

    const isLive = network === undefined || network.mtu === mtu;
    const isConfigured = edited.text === (found.config.image?.content ?? '');
    if (isConfigured && isLive) {
      const where =
        network === undefined ? `dockerd will start with MTU ${mtu}` : `the default network has MTU ${mtu}, now and after a restart`;
      return steady(`${where}${withOtherMtu(state.networks, mtu)}`);
    }
    if (!isLive && found.daemon?.liveRestore === true && found.daemon.running.length > 0) {
      return blocked(
        'containers run with live-restore, and dockerd changes no network under them',
        'Stop the containers first, then run again.',
      );
    }
    const busy = interruption(found, when_busy);
    if (busy !== undefined) return busy;
    const because = isLive ? 'dockerd reads its config when it starts' : `the default network has MTU ${network.mtu}`;
    const restart = settle(
      { what: 'restart', unit: 'docker.service' },
      { because: `${because}${meanwhile(found)}`, touches: DOCKER_TOUCHES },
    );
    return drift(...(isConfigured ? [] : [keep(found, edited.text)]), ...(found.daemon === undefined ? [] : [restart]));
  },

  result: ({ docker: { config }, network, networks }) => ({
    configured: Number(config.settings['mtu'] ?? DEFAULT_MTU),
    live: network?.mtu ?? null,
    networks: Object.fromEntries(networks.flatMap(({ name, mtu }) => (mtu === undefined ? [] : [[name, mtu]]))),
  }),
});

interface Wanted {
  readonly mtu: number;
  readonly new_networks?: boolean | undefined;
}

/** dockerd refuses to start where a flag and the file say the same thing, even with equal values. */
function flagInTheWay(found: Docker, { mtu, new_networks }: Wanted): Blocked | undefined {
  const { service, config } = found;
  const names = [...(isFlagged(found, mtu) ? [] : ['mtu']), ...(new_networks === undefined ? [] : ['default-network-opt'])];
  const [flag] = names.flatMap((name) => flagOf(name, service.execStart, config) ?? []);
  if (flag === undefined) return undefined;
  const isKnown = flag.source !== RUNNING_SOURCE;
  return blocked(
    `${flag.source} ${isKnown ? 'gives dockerd' : 'has'} --${flag.name} ${flag.value}`,
    `Take the flag out${isKnown ? '' : ' of what its unit reads, and restart Docker'}: dockerd does not start while ${DAEMON_JSON} says it too.`,
  );
}

/** Whether a flag alone sets the MTU, and to this value. */
function isFlagged({ service, config }: Docker, mtu: number): boolean {
  return config.settings['mtu'] === undefined && flagOf('mtu', service.execStart, config)?.value === String(mtu);
}

function editedJson(found: Docker, { mtu, new_networks }: Wanted): JsonEdit {
  const text = found.config.image?.content ?? '';
  const edited: JsonEdit = isFlagged(found, mtu) ? { ok: true, text } : withMember(text, ['mtu'], mtu);
  if (!edited.ok || new_networks === undefined) return edited;
  return new_networks ? withMember(edited.text, NEW_NETWORKS, String(mtu)) : withoutMember(edited.text, NEW_NETWORKS);
}

function keep({ config: { image } }: Docker, content: string): Write {
  const after = { ...(image ?? { mode: 0o644, owner: 'root', group: 'root' }), content };
  return write(DAEMON_JSON, image, after, 'so that it holds after every restart');
}

function withOtherMtu(networks: readonly UserNetwork[], mtu: number): string {
  const others = networks.filter((network) => (network.mtu ?? mtu) !== mtu).map((network) => `${network.name} (${network.mtu})`);
  return others.length === 0 ? '' : `; until they are made anew, these keep theirs: ${others.join(', ')}`;
}
