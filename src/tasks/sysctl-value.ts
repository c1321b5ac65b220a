import * as z from 'zod';
import { run, write } from '../core/change.ts';
import { file, fileImage, glob } from '../core/file.ts';
import { blocked, drift, steady } from '../core/plan.ts';
import { all, each, map } from '../core/probe.ts';
import { defineTask } from '../core/task.ts';

/** Files that sysctl --system reads, sysctl.d(5). The order of names decides, whatever the folder. */
const FOLDERS = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d'];

export const sysctlValue = defineTask({
  name: 'sysctl.value',
  summary: 'A kernel setting has a value, now and after a reboot.',
  effects: 'Writes one file below /etc/sysctl.d and sets the running kernel. Restarts nothing.',
  examples: [{ name: 'Packets are forwarded', with: { key: 'net.ipv4.ip_forward', value: '1' } }],

  params: z.strictObject({
    key: z
      .string()
      .regex(/^[a-z][\w-]*([./][\w-]+)+$/i)
      .describe('The setting as sysctl(8) names it; with slashes where a part holds a dot.'),
    value: z
      .string()
      .regex(/^\S.*$/)
      .describe('The value, as a string.'),
  }),

  inspect: ({ key }) =>
    all({
      live: map(file(livePath(key)), (text) => text?.trim().split(/\s+/).join(' ')),
      own: fileImage(ownPath(key)),
      others: map(each(FOLDERS.map((folder) => glob(`${folder}/*.conf`))), (lists) => lists.flat()),
    }),

  plan({ live, own, others }, { key, value }) {
    const path = ownPath(key);
    if (live === undefined) {
      return blocked(`this kernel has no setting ${key}`, 'Check the name with `sysctl -a`, or load the module that brings it.');
    }
    const rival = others.find((other) => baseName(other.path) > baseName(path) && sets(other.content, key, value));
    if (rival !== undefined) {
      return blocked(
        `${rival.path} sets ${key} to another value and is read later`,
        'Take the line out of that file, or give this step its value.',
      );
    }

    if (own !== undefined && own.image === undefined) {
      return blocked(`${path} is a ${own.meta.type}, not a regular file`, 'Move it away; drover keeps the setting there.');
    }

    const text = `# Kept by drover.\n${key} = ${value}\n`;
    const configured = own?.image?.content === text;
    if (configured && live === value) return steady(`${key} is ${value}, now and after a reboot`);
    const image = { mode: 0o644, owner: 'root', group: 'root', ...own?.image, content: text };
    const keep = write(path, own?.image, image, 'so that it outlasts a reboot');
    const set = run(['sysctl', '-w', `${key}=${value}`], {
      undo: ['sysctl', '-w', `${key}=${live}`],
      because: `it is ${live} now`,
      touches: [`file ${livePath(key)}`],
      leadsTo: { [`file ${livePath(key)}`]: { status: 0, stdout: `${value}\n`, stderr: '' } },
    });
    return drift(...(configured ? [] : [keep]), ...(live === value ? [] : [set]));
  },
});

function livePath(key: string): string {
  return `/proc/sys/${key.includes('/') ? key : key.replaceAll('.', '/')}`;
}

function ownPath(key: string): string {
  return `/etc/sysctl.d/90-drover-${key.replaceAll('/', '.')}.conf`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether a sysctl.d file gives the key another value. A leading `-` only says that a failure is no error. */
function sets(content: string, key: string, value: string): boolean {
  const lines = content.split('\n').map((line) => /^\s*-?\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line));
  const last = lines.filter((line) => line?.[1]?.replaceAll('/', '.') === key.replaceAll('/', '.')).at(-1);
  return last !== undefined && last?.[2] !== value;
}
