import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import * as z from 'zod';
import {
  completeConnection,
  type Inventory,
  type LoadedWork,
  loadInventory,
  loadPlaybook,
  type PlaybookOptions,
} from '../../src/config/load.ts';
import type { HostFacts } from '../../src/core/facts.ts';
import type { Checked, Mistake } from '../../src/core/mistake.ts';
import { steady } from '../../src/core/plan.ts';
import { constant, map, type Probe, reading } from '../../src/core/probe.ts';
import { type AnyTask, defineTask, localTemplate, localText } from '../../src/core/task.ts';
import { tempFolder } from './temp-folder.ts';

/** Shows its params as the reason why it is steady, so that a test sees what a task was given. */
const echo = defineTask({
  name: 'test.echo',
  summary: 'The params are shown.',
  params: z.strictObject({
    enabled: z.boolean().default(false).describe('A boolean.'),
    mtu: z.int().min(68).max(9000).optional().describe('A whole number.'),
    text: z.string().optional().describe('Text.'),
    list: z.array(z.string()).optional().describe('Texts.'),
    mode: z
      .string()
      .regex(/^0[0-7]{3}$/, 'a mode has four octal digits: "0644"')
      .optional()
      .describe('A mode.'),
    when_busy: z.enum(['refuse', 'force']).default('refuse').describe('What to do.'),
    password: z.string().min(8).optional().meta({ sensitive: true, description: 'A secret.' }),
    nested: z
      .strictObject({ key: z.union([z.int(), z.literal('auto')]) })
      .optional()
      .describe('More.'),
  }),
  inspect: (params) => constant(params),
  plan: (params) => steady(JSON.stringify(params)),
  effects: 'None.',
  examples: [],
});

const count = defineTask({
  name: 'test.count',
  summary: 'Things are counted.',
  params: z.strictObject({}),
  inspect: () => constant(3),
  plan: () => steady('counted'),
  result: (n) => ({ count: n, names: ['a', 'b'] }),
  resultSchema: z.object({ count: z.int(), names: z.array(z.string()) }),
  effects: 'None.',
  examples: [],
});

const file = defineTask({
  name: 'test.file',
  summary: 'A file is as here.',
  params: z.strictObject({
    path: z.string().describe('Where.'),
    source: localText('The file to copy.').optional(),
    template: localTemplate('The template to fill in.').optional(),
  }),
  inspect: (params) => constant(params),
  plan: (params) => steady(JSON.stringify(params)),
  effects: 'None.',
  examples: [],
});

export const sampleTasks: readonly AnyTask[] = [echo, count, file];

/** Facts that a fixed reading tells, as JSON. */
/** One number to measure, read from a file. */
export const sampleMeasures = { failed_units: map(reading({ kind: 'file', path: '/failed' }), ({ stdout }) => Number(stdout)) };

export const sampleFacts: Probe<HostFacts> = map(reading({ kind: 'file', path: '/facts' }), ({ stdout }) => JSON.parse(stdout));

export const FACTS: HostFacts = { arch: 'x86_64', kernel: '6.1.0', os: { id: 'debian', version: '12', family: 'debian' }, init: 'systemd' };

export const INVENTORY = `vars: { nested: true, mtu: 1400 }
groups:
  compute:
    hosts:
      kvm[01-04]: {}
      kvm99: { address: 192.0.2.99, vars: { rack: r9 } }
    vars: { role: hypervisor, names: [a, b] }
  canary: { hosts: [kvm01] }
  rack-a: { hosts: ["kvm[01-02]"], vars: { rack: ra } }
`;

/** A folder with these files, gone when the test is. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** An inventory from its text. */
export function inventoryOf(text: string): Checked<Inventory> {
  return loadInventory(['inventory.yaml'], { folder: folderWith({ 'inventory.yaml': text }), home: '/home/ops' });
}

/** The value, or the mistakes as an exception. */
export function sound<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  throw new Error(`unexpected mistakes:\n${checked.mistakes.map(show).join('\n')}`);
}

/** What is wrong: file:line:col, message, the marked letters, the hint. */
export function mistakesOf(checked: Checked<unknown>): readonly string[] {
  return checked.ok ? [] : checked.mistakes.map(show);
}

function show({ source, message, excerpt, hint }: Mistake): string {
  const [line = '', caret = ''] = excerpt?.split('\n') ?? [];
  const from = caret.indexOf('^');
  const marked = from < 0 ? '' : ` [${line.slice(from, caret.length)}]`;
  return `${source} ${message}${marked}${hint === undefined ? '' : ` → ${hint}`}`;
}

type More = Partial<PlaybookOptions> & { readonly inventory?: string; readonly files?: Readonly<Record<string, string>> };

/** A playbook from its text, over the sample inventory. */
export function playbookOf(text: string, { inventory = INVENTORY, files = {}, ...options }: More = {}): Checked<LoadedWork> {
  const folder = folderWith({ 'site/p.yaml': text, 'inventory.yaml': inventory, ...files });
  const around = { folder, home: '/home/ops' };
  const hosts = sound(loadInventory(['inventory.yaml'], around));
  return loadPlaybook('site/p.yaml', hosts, {
    ...around,
    tasks: sampleTasks,
    facts: sampleFacts,
    measures: sampleMeasures,
    connect: connectTo(hosts),
    ...options,
  });
}

/** Connections with nothing below the inventory. */
export function connectTo(inventory: Inventory): PlaybookOptions['connect'] {
  const base = () => ({
    port: 22,
    user: 'me',
    privateKeys: [],
    knownHosts: [],
    hostKeys: 'strict' as const,
    connectTimeoutMs: 10_000,
    connectRetries: 0,
  });
  return (host, become) => completeConnection(inventory, host, { base, become });
}

/** What a step finds on a host, given what was registered and what the host's facts are. */
export function findingOf(
  work: LoadedWork,
  at: {
    readonly host: string;
    readonly step?: number;
    readonly registered?: Parameters<typeof JSON.stringify>[0];
    readonly facts?: HostFacts;
  },
): unknown {
  const steps = work.work.hosts.find(({ host }) => host.name === at.host)?.steps ?? [];
  const probe = steps[at.step ?? 0]?.prepare(at.registered ?? {});
  const finding = probe?.parse(probe.reads.map(() => ({ status: 0, stdout: JSON.stringify(at.facts ?? FACTS), stderr: '' })));
  if (finding === undefined || 'skipped' in finding) return finding;
  return finding.plan.status === 'steady' && finding.plan.because.startsWith('{') ? JSON.parse(finding.plan.because) : finding.plan;
}
