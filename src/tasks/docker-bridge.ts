import * as z from 'zod';
import { type Change, run, settle } from '../core/change.ts';
import { type Blocked, blocked, drift, type Plan, steady } from '../core/plan.ts';
import { all } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { settingOf } from '../probes/docker/config.ts';
import { type DefaultNetwork, defaultNetwork } from '../probes/docker/network.ts';
import { DOCKER_TOUCHES, type Docker, docker, dockerObstacle, interruption, meanwhile, WhenBusy } from '../probes/docker.ts';
import { type MissingRules, missingDockerRules } from '../probes/iptables.ts';
import { type AddressedLink, addressedLink, isInSubnet, type Link, links } from '../probes/network.ts';

const BRIDGE = 'docker0';

export const dockerBridge = defineTask({
  name: 'docker.bridge',
  summary: 'Docker runs with docker0, its address and its firewall chains in place.',
  params: z.strictObject({
    when_busy: WhenBusy,
  }),
  effects:
    'Restarts Docker where chains or docker0 are missing. Where docker0 is wrong it stops Docker, deletes the link and starts Docker. Containers are interrupted. A swarm is refused, and so is a link that something else hangs on.',
  examples: [
    { name: 'Containers reach the network', with: {} },
    { name: 'The same, in a maintenance window', with: { when_busy: 'force' } },
  ],

  inspect: () => all({ docker, network: defaultNetwork, bridge: addressedLink(BRIDGE), links, missing: missingDockerRules }),

  plan(state, { when_busy }) {
    const { docker: found, bridge } = state;
    const obstacle = dockerObstacle(found);
    if (obstacle !== undefined) return obstacle;
    const own = settingOf('bridge', found);
    if (own === 'none') return steady('Docker is told to have no bridge');
    const isOurs = own === undefined || own === '' || own === BRIDGE;
    if (found.daemon === undefined && found.service.file === 'disabled' && found.socket.file !== 'enabled') {
      return blocked('docker.service is stopped and disabled', 'Start it with service.state first, if it is to run.');
    }

    const wrong = isOurs && bridge !== undefined ? flawOf(state, bridge) : undefined;
    if (wrong !== undefined) return remade(state, wrong, when_busy);
    if (found.daemon === undefined) return drift(...started(found, `docker.service is ${found.service.active}`));
    const missing = missingParts(state, isOurs);
    if ('status' in missing) return missing;
    if (missing.length === 0) return steady(`${own || BRIDGE} and Docker's rules are in place`);
    const busy = interruption(found, when_busy);
    if (busy !== undefined) return busy;
    const because = `not in place: ${missing.join(', ')}${meanwhile(found)}`;
    return drift(settle({ what: 'restart', unit: 'docker.service' }, { because, touches: DOCKER_TOUCHES }));
  },
});

interface State {
  readonly docker: Docker;
  readonly network: DefaultNetwork | undefined;
  readonly bridge: AddressedLink | undefined;
  readonly links: readonly Link[];
  readonly missing: MissingRules;
}

function flawOf({ docker: found, network }: State, { isBridge, addresses }: AddressedLink): string | undefined {
  if (!isBridge) return `${BRIDGE} is no bridge`;
  if (addresses.length === 0) return `${BRIDGE} has no IPv4 address`;
  // What Docker was told to take, else what it says that it took; else any address will do.
  const wanted = settingOf('bip', found) ?? network?.address;
  const fits = (address: string): boolean => (wanted === undefined ? isIn(network?.subnet, address) : address === wanted);
  return addresses.some(fits) ? undefined : `${BRIDGE} has ${addresses.join(', ')}, not ${wanted ?? `an address of ${network?.subnet}`}`;
}

function isIn(subnet: string | undefined, address: string): boolean {
  return subnet === undefined || isInSubnet(address, subnet);
}

function missingParts({ docker: found, bridge, missing }: State, isOurs: boolean): readonly string[] | Blocked {
  const link = !isOurs || bridge?.isUp ? [] : [bridge === undefined ? BRIDGE : `${BRIDGE} (down)`];
  if (['false', '0'].includes(settingOf('iptables', found) ?? '')) return link;
  const rules = settingOf('firewall-backend', found) === 'nftables' ? missing.nftables : missing.iptables;
  return 'status' in rules ? rules : [...link, ...rules];
}

/** Stop, delete, start: dockerd takes a link that it finds and refuses to start with a wrong one. */
function remade({ docker: found, network, links }: State, wrong: string, whenBusy: WhenBusy): Plan {
  const ports = links.filter((link) => link.bridge === BRIDGE).map(({ name }) => name);
  const veths = ports.filter((name) => name.startsWith('veth'));
  // Ports go with their containers, where these are all Docker's and end with it.
  const goes = found.daemon?.liveRestore === false && veths.length <= (network?.attached ?? 0);
  const foreign = goes ? ports.filter((name) => !veths.includes(name)) : ports;
  // `ip link delete` succeeds with ports attached, and cuts them off (seen with iproute2 6.1).
  if (foreign.length > 0)
    return blocked(`${wrong}, and these hang on it: ${foreign.join(', ')}`, 'Stop what they belong to, then run again.');
  const busy = interruption(found, whenBusy);
  if (busy !== undefined) return busy;
  const remove = run(['ip', 'link', 'delete', BRIDGE], { undo: 'not needed', because: wrong, touches: DOCKER_TOUCHES });
  return drift(...stopped(found), remove, ...started(found, `it makes ${BRIDGE} when it starts`));
}

function units({ socket }: Docker): readonly string[] {
  return socket.load === 'loaded' ? ['docker.socket', 'docker.service'] : ['docker.service'];
}

/** Its socket goes too, or the next client wakes the service. */
function stopped(found: Docker): readonly Change[] {
  if (found.daemon === undefined) return [];
  const because = `Docker holds ${BRIDGE}${meanwhile(found)}`;
  return [run(['systemctl', 'stop', ...units(found)], { undo: ['systemctl', 'start', ...units(found)], because, touches: DOCKER_TOUCHES })];
}

function started(found: Docker, because: string): readonly Change[] {
  const more = { because, touches: DOCKER_TOUCHES };
  // systemd.unit(5): a unit that failed too often in a row is not started again (StartLimitBurst) before this.
  const reset = run(['systemctl', 'reset-failed', 'docker.service'], { undo: 'not needed', ...more });
  const start = run(['systemctl', 'start', ...units(found)], { undo: ['systemctl', 'stop', ...units(found)], ...more });
  return found.service.active === 'failed' ? [reset, start] : [start];
}
