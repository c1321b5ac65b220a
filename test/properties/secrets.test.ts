import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrubber } from '../../src/report/scrub.ts';
import { formsOf } from '../../src/report/secret-forms.ts';
import { type Canary, canaries, tracesOf } from '../support/canary.ts';
import { staged } from '../support/staged-run.ts';

/** A way to go through a playbook: each format and verbosity is there, with and without a terminal. */
const ways = fc.record({
  format: fc.constantFrom('human' as const, 'json' as const, 'ndjson' as const),
  verbose: fc.constantFrom(0, 1, 2),
  diff: fc.boolean(),
  screen: fc.constantFrom('terminal' as const, 'plain' as const),
});

/** What another step prints: a secret in many forms; one that holds the name of a host; so much that its beginning is cut off. */
const LEAKS = [
  '{ cat raw; base64 raw; (printf user:; cat raw) | base64 -w0; od -An -v -tx1 raw | tr -d " \\n"; } >&2; cat raw',
  "echo '{{ own }}' >&2",
  'printf %s "{{ own }}"; head -c 8180 /dev/zero | tr "\\0" x',
] as const;

interface Scene {
  readonly secret: Canary;
  readonly old: Canary;
  readonly word: Canary;
  /** Which command fails in a run: one that is told secrets, or another that gives them away. */
  readonly fails: 'told' | 'leak';
  readonly leak: (typeof LEAKS)[number];
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  secret: canaries,
  old: canaries,
  word: canaries,
  fails: fc.constantFrom('told' as const, 'leak' as const, 'leak' as const),
  leak: fc.constantFrom(...LEAKS),
});

/** Files say a secret, and said an older one; a command is told others, and prints the old one; one is long enough to be cut on a screen. */
function playbook(folder: string, { fails, leak }: Pick<Scene, 'fails' | 'leak'>): string {
  const told = `cat ${folder}/old; : '{{ word }} {{ own }}'; ${fails === 'told' ? 'exit 1' : `touch ${folder}/done-1`}`;
  const long = `: .......... {{ word }}; sleep 0.3; touch ${folder}/done-2`;
  return `hosts: all
steps:
  - { name: Content, task: file.content, sensitive: true, with: { path: ${folder}/content, content: "{{ secret }}\\n" } }
  - { name: Template, task: file.template, sensitive: true, with: { path: ${folder}/template, template: t.hbs } }
  - name: Told
    task: command.run
    sensitive: true
    with: { command: ${JSON.stringify(told)}, creates: ${folder}/done-1, unless: "test -e ${folder}/{{ word }}" }
  - { name: Other, task: file.template, with: { path: ${folder}/other, template: t.hbs } }
  - { name: Long, task: command.run, with: { command: ${JSON.stringify(long)}, creates: ${folder}/done-2 } }
  - { name: Leak, task: command.run, with: { cwd: ${folder}, command: ${JSON.stringify(`${leak}; exit 3`)}, creates: ${folder}/never } }
`;
}

const TEMPLATE = 'plain\n[db]\npassword = {{ secret }}\nurl = "db://u:{{ secret }}@h/"\n{{ json secret }}\n';

function prepare(folder: string, { secret, old, word, ...more }: Scene): readonly string[] {
  const [head = '', tail = ''] = word.tells;
  const hosts = Object.fromEntries(['a1', 'a2'].map((host) => [host, { vars: { own: `${host}:${tail}` } }]));
  const files = {
    'inventory.yaml': JSON.stringify({ hosts }),
    'templates/t.hbs': TEMPLATE,
    'p.yaml': playbook(folder, more),
    'vars.json': JSON.stringify({ secret: secret.text, word: head }),
    content: `${old.text}\n`,
    template: `${old.text}\n`,
    old: `${old.text}\n`,
    raw: secret.text,
  };
  mkdirSync(join(folder, 'templates'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return ['@vars.json'];
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('nothing of a secret leaves the program', { timeout: 180_000 }, () => {
  const kinds = fc.constantFrom('plan' as const, 'run' as const, 'run' as const);

  it('in plans, runs and failures, in any format, in any form', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, ways, kinds, async (scene, way, kind) => {
        await inFolder(async (folder) => {
          const extraVars = prepare(folder, scene);
          const { bytes, conducted } = await staged({ folder, kind, extraVars, ...way });
          for (const canary of [scene.secret, scene.old, scene.word]) expect(tracesOf(canary, bytes)).toEqual([]);
          // Without these, a program that does or prints nothing would pass.
          const status = kind === 'plan' ? 'drift' : 'failed';
          expect(conducted?.outcome.hosts.map((host) => host.status)).toEqual([status, status]);
          if (kind === 'plan') return;
          expect(readFileSync(join(folder, 'content'), 'utf8')).toBe(`${scene.secret.text}\n`);
          expect(bytes).toContain(scene.fails === 'told' ? 'its output is not shown' : 'status 3');
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe('scrubber', () => {
  it('finds a secret in all its forms, whatever stands around it', async () => {
    await fc.assert(
      fc.property(canaries, fc.string(), fc.string(), (canary, before, after) => {
        const scrub = scrubber(new Set([canary.text]));
        for (const form of formsOf(canary.text)) expect(tracesOf(canary, scrub(before + form + after))).toEqual([]);
        for (const [shift, form] of ['', 'u', 'u:'].map((user) => Buffer.from(user + canary.text + after).toString('base64')).entries())
          expect([shift, tracesOf(canary, scrub(form))]).toEqual([shift, []]);
      }),
    );
  });

  it('masks secrets that overlap as one, and those that are added later', () => {
    const secrets = new Set(['abcdef']);
    const scrub = scrubber(secrets);
    expect(scrub('>abcdefgh<')).toBe('>********gh<');
    secrets.add('defgh');
    expect(scrub('>abcdefgh< abcdef')).toBe('>********< ********');
  });

  it('changes nothing where no secret is', async () => {
    const texts = fc.string({ unit: fc.constantFrom(...'abcdefghij ') });
    await fc.assert(
      fc.property(texts, canaries, (text, { text: secret }) => {
        expect(scrubber(new Set([`${secret}0`]))(text)).toBe(text);
      }),
    );
  });
});
