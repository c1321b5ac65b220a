import * as z from 'zod';
import { type Change, run, settle, write } from '../core/change.ts';
import { drift, steady } from '../core/plan.ts';
import { defineTask } from '../core/task.ts';
import {
  CLAMP_FILE,
  CLAMP_UNIT,
  type Clamp,
  type ClampHost,
  clampBackend,
  clampHost,
  clampObstacle,
  clampRule,
  clampUnit,
  DELETE_TABLE,
  ruleCommand,
  tableCommand,
} from '../probes/mss-clamp.ts';

export const dockerMssClamp = defineTask({
  name: 'docker.mss_clamp',
  summary: 'TCP connections of containers take segments that fit the path, now and after a reboot.',
  params: z.strictObject({
    mss: z
      .union([z.literal('pmtu'), z.int().min(556).max(65_495)])
      .default('pmtu')
      .describe('What the route allows (pmtu), or the largest segment in bytes for IPv4; IPv6 gets 20 bytes less.'),
  }),
  effects: `Adds one rule for IPv4 and one for IPv6 to chain FORWARD of table mangle, or a table of its own where firewalld runs or iptables is absent, and writes ${CLAMP_FILE}, which sets them at boot. Connections that are open keep their segments. Restarts nothing.`,
  examples: [
    { name: 'Uploads do not hang in the tunnel', with: {} },
    { name: 'Nor where the path is narrower than the route says', with: { mss: 1360 } },
  ],
  resultSchema: z.strictObject({
    backend: z.enum(['iptables', 'nftables']).describe('Where the rules stand, or would.'),
    rules: z.array(z.string()).describe('The rules of iptables that set an MSS now, for both address families.'),
  }),

  inspect: () => clampHost,

  plan(host, { mss }) {
    const backend = clampBackend(host);
    const obstacle = clampObstacle(host, mss);
    if (obstacle !== undefined) return obstacle;
    const content = clampUnit(backend, mss, host.programs);
    const isWritten = host.file?.image?.content === content;
    const isEnabled = host.unit.file === 'enabled';
    const live = backend === 'iptables' ? ruleChanges(host, mss) : tableChanges(host, mss);
    if (isWritten && isEnabled && live.length === 0) {
      return steady(`${backend} clamps the MSS to ${mss === 'pmtu' ? 'the path' : mss}, now and after a reboot`);
    }
    // To enable a unit has systemd read the files of all of them.
    const touches = ['command systemctl *'];
    const image = { mode: 0o644, owner: 'root', group: 'root', ...host.file?.image, content };
    return drift(
      ...(isWritten ? [] : [write(CLAMP_FILE, host.file?.image, image, 'so that the rules are set at boot')]),
      ...(isEnabled
        ? []
        : [
            run(['systemctl', 'enable', CLAMP_UNIT], {
              undo: ['systemctl', 'disable', CLAMP_UNIT],
              because: 'the unit is not started at boot',
              touches,
            }),
          ]),
      ...live,
      ...(isWritten ? [] : [settle({ what: 'daemon-reload' }, { because: 'the file of the unit changed', touches })]),
    );
  },

  result: (host) => ({ backend: clampBackend(host), rules: host.programs.flatMap((program) => host.rules[program]) }),
});

function ruleChanges({ programs, rules }: ClampHost, mss: Clamp): readonly Change[] {
  return programs.flatMap((program) => {
    const wanted = clampRule(program, mss);
    const old = rules[program].filter((rule) => rule !== wanted.join(' ')).map((rule) => rule.split(' '));
    const because = old.length === 0 ? `${program} has no such rule` : `${program} has ${old[0]?.slice(-2).join(' ')}`;
    const touches = TOUCHES;
    const [add, drop] = [wanted, ...old].map((rule) => [ruleCommand(program, '-A', rule), ruleCommand(program, '-D', rule)] as const);
    return [
      ...(add === undefined || rules[program].includes(wanted.join(' ')) ? [] : [run(add[0], { undo: add[1], because, touches })]),
      ...(drop === undefined ? [] : [run(drop[1], { undo: drop[0], because, touches })]),
    ];
  });
}

function tableChanges({ table }: ClampHost, mss: Clamp): readonly Change[] {
  if (table === mss) return [];
  const before = table === undefined || table === 'not ours' ? undefined : table;
  const because = before === undefined ? 'there is no table that clamps' : `the table clamps to ${before}`;
  return [run(tableCommand(mss), { undo: before === undefined ? DELETE_TABLE : tableCommand(before), because, touches: TOUCHES })];
}

/** The rules, and the modules that they bring. */
const TOUCHES = ['iptables', 'ip6tables', 'nft'].map((program) => `command ${program}*`);
