import * as z from 'zod';
import { settle, write } from '../core/change.ts';
import { blocked, drift, steady } from '../core/plan.ts';
import { all } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';
import { auditOf } from '../probes/qemu/audit.ts';
import { commandIn, type QemuGuest, qemuGuest, runningOf } from '../probes/qemu/guest.ts';
import { qemuHost } from '../probes/qemu/host.ts';
import type { QemuCommand } from '../probes/qemu/options.ts';
import { spliced } from '../probes/qemu/placed-word.ts';
import { lacksOf } from '../probes/qemu/settings.ts';
import { type Lack, QemuWishes } from '../probes/qemu/wishes.ts';
import { fileParams } from './file-plan.ts';
import { aclChanges, hostObstacle } from './qemu-needs.ts';

export const qemuCommand = defineTask({
  name: 'qemu.command',
  summary: 'A command line of QEMU in a shell script or a systemd unit has a CPU, network cards and disks as wanted, and so has its guest.',
  params: QemuWishes.extend({
    path: fileParams.path
      .refine((path) => !/@[^/]*\.service(\.d\/|$)/.test(path), 'a unit with @ is that of many guests; change it by hand')
      .describe('The script, the unit, or the drop-in where the command stands.'),
    command: z.int().min(1).optional().describe('Which one, from 1, where the file has several QEMU commands.'),
    when_busy: z
      .enum(['refuse', 'later'])
      .default('refuse')
      .describe(
        'While its guest runs: refuse touches nothing; later edits the file, and the step stays blocked until it was started anew.',
      ),
  }),
  effects:
    'Edits these options of the command and leaves every other byte of the file; never starts or stops a guest. Another model is new hardware for the guest. Where a bridge is wished, the access list of its helper allows it. Without wishes it only says what it found.',
  examples: [
    {
      name: 'Modern network and disks',
      with: { path: '/usr/local/bin/start-web01', nic: {}, drive: { cache: 'none', aio: 'native', format: 'raw' } },
    },
    {
      name: "The host's own CPU, from its next start",
      with: { path: '/etc/systemd/system/web01.service', accel: 'kvm', cpu: 'host', when_busy: 'later' },
    },
  ],
  resultSchema: z.strictObject({
    running: z.boolean().describe('Whether its guest runs.'),
    findings: z.array(z.string()).describe('What may be wrong with the command in the file, whatever was wished.'),
  }),

  inspect: (params) => all({ guest: qemuGuest(params.path), host: qemuHost(params) }),

  plan({ guest, host }, { path, command: nth, when_busy, ...wishes }) {
    const command = commandIn(path, guest, nth);
    if ('status' in command) return command;
    const live = runningOf(guest, command);
    if (live !== undefined && 'status' in live) return live;
    const lacks = lacksOf(command, wishes);
    const place = { ...host, unit: guest.unit };
    const obstacle = hostObstacle(wishes, command, place);
    if (obstacle !== undefined) return obstacle;
    const waiting = live === undefined ? [] : lacksOf(live, wishes);
    if (waiting.length > 0 && (lacks.length === 0 || when_busy === 'refuse')) {
      const also = lacks.length === 0 ? '; what the file says waits for its next start' : '';
      return blocked(
        `its guest runs (${live?.place}) with ${inWords(waiting)}${also}`,
        'Shut the guest down and start it, or say when_busy: later to edit the file now.',
      );
    }
    const acl = aclChanges(wishes, host);
    if ('status' in acl) return acl;
    const changes = [...acl, ...fileChanges(path, guest, { command, lacks })];
    if (changes.length > 0) return drift(...changes);
    const now = live === undefined ? '' : ', and so its guest runs';
    return steady(
      Object.values(wishes).every((one) => one === undefined) ? audited(command, place) : `${command.place} is as wanted${now}`,
    );
  },

  result({ guest, host }, { path, command: nth }) {
    const command = commandIn(path, guest, nth);
    if ('status' in command) return { running: false, findings: [] };
    const live = runningOf(guest, command);
    return { running: live !== undefined && !('status' in live), findings: [...auditOf(command, { ...host, unit: guest.unit })] };
  },
});

/** The edited file, and for a unit that systemd reads it again. */
function fileChanges(path: string, { found, unit }: QemuGuest, { command, lacks }: { command: QemuCommand; lacks: readonly Lack[] }) {
  const image = found?.image;
  const added = lacks.flatMap((lack) => (lack.added === undefined ? [] : [` ${lack.added}`])).join('');
  const splices = [...lacks.flatMap((lack) => lack.splices), { from: command.end, to: command.end, text: added }];
  const because = `line ${command.place.slice(path.length + 1)} has ${inWords(lacks)}`;
  const edit =
    image === undefined || lacks.length === 0 ? [] : [write(path, image, { ...image, content: spliced(image.content, splices) }, because)];
  // A secret of a guest may stand among its options.
  const secret = /\bsecret\b|passw/i.test(image?.content ?? '') ? ({ sensitive: true } as const) : {};
  const isDue = unit !== undefined && (edit.length > 0 || unit.isStale);
  const reload = isDue
    ? [
        settle(
          { what: 'daemon-reload' },
          { because: `${unit.name} has changed since systemd read it`, touches: [`command systemctl show ${unit.name} *`] },
        ),
      ]
    : [];
  return [...edit.map((one) => ({ ...one, ...secret })), ...reload];
}

function inWords(lacks: readonly Lack[]): string {
  return lacks.map(({ says }) => says).join(', ');
}

function audited(command: QemuCommand, place: Parameters<typeof auditOf>[1]): string {
  const findings = auditOf(command, place);
  return `${command.place} is left as it is: ${findings.length === 0 ? 'nothing to say of it' : findings.join('; ')}`;
}
