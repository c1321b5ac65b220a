import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tracesOf } from '../support/canary.ts';
import { drover, onHost, requireLab, startDrover, stateFolder, until } from '../support/lab.ts';

const HOST = 'kvm01';
const [head, tail, old] = ['head', 'tail', 'old'].map((word) => `${word}${randomBytes(8).toString('hex')}`) as [string, string, string];
const canary = { text: `${head} 'é"\\ ${tail}`, tells: [head, tail] };
const folder = mkdtempSync(join(tmpdir(), 'drover-'));

/** A large template, so that there is time to see it being written; a shell command that is told a secret; one that prints it and fails. */
const PLAYBOOK = `hosts: ${HOST}
become: true
steps:
  - { name: Template, task: file.template, sensitive: true, with: { path: /etc/canary, template: t.hbs, mode: "0600" } }
  - { name: Told, task: command.run, sensitive: true, with: { command: "# {{ word }}\\nsleep 2; touch /run/told", creates: /run/told } }
  - { name: Leak, task: command.run, with: { command: "cat /etc/canary; base64 -w0 /etc/canary; false", creates: /run/never } }
`;

/** All that a host keeps of command lines: argv and environment of each process ten times a second, until the file is gone. */
const WATCH = `touch /run/watch; while [ -e /run/watch ]; do
  for p in /proc/[0-9]*; do [ "\${p#/proc/}" = $$ ] || cat $p/cmdline $p/environ 2>/dev/null; done; sleep 0.05
done >/run/watched 2>/dev/null &`;

beforeAll(() => {
  requireLab();
  onHost(HOST, `rm -f /run/told /etc/canary; printf '%s\\n' ${old} >/etc/canary`);
  writeFileSync(join(folder, 'p.yaml'), PLAYBOOK);
  writeFileSync(join(folder, 't.hbs'), `{{ secret }}\n${'# padding\n'.repeat(20_000)}`);
  writeFileSync(join(folder, 'vars.json'), JSON.stringify({ secret: canary.text, word: head }));
});

afterAll(() => {
  onHost(HOST, 'rm -f /run/watch /run/watched /run/told /etc/canary');
  rmSync(folder, { recursive: true });
});

/** All that runs have put on record. */
function recorded(): string {
  const names = readdirSync(stateFolder, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((entry) => entry.isFile());
  expect(names.length).toBeGreaterThan(0);
  return names.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n');
}

/** Nothing of either secret stands in a text. */
function expectNone(text: string): void {
  expect([...tracesOf(canary, text), ...tracesOf({ text: old, tells: [old] }, text)]).toEqual([]);
}

test('a run leaves nothing of a secret on the host but where it belongs, and shows nothing of it here', async () => {
  const log = join(folder, 'run.log');
  onHost(HOST, WATCH);
  const words = ['run', join(folder, 'p.yaml'), '-e', `@${join(folder, 'vars.json')}`, '-u', 'ops', '-y', '-D', '-vv', '--log', log];
  const { ended } = startDrover(words);
  await until('the told command runs', () => onHost(HOST, 'pgrep -x sleep -a || :').includes('sleep 2'));
  const { status, stdout, stderr } = await ended;
  const watched = onHost(HOST, 'rm /run/watch; cat /run/watched | tr "\\0" "\\n"');
  expect(status).toBe(2);
  expect(stdout).toContain('content is not shown');
  expect(stdout).toContain('********');
  expectNone(stdout + stderr + readFileSync(log, 'utf8') + recorded());
  expect(watched).toContain('_l=$(cat)');
  expectNone(watched);
  expectNone(
    onHost(
      HOST,
      'journalctl --no-pager -o export | cat; cat /var/log/auth.log /var/log/sudo* /root/.*history /home/*/.*history 2>/dev/null || :',
    ),
  );
  expect(onHost(HOST, 'head -n 1 /etc/canary; stat -c %a /etc/canary')).toBe(`${canary.text}\n600\n`);
  expect(onHost(HOST, `grep -rlsF -e ${head} -e ${tail} /etc /tmp /var /run /home /root | grep -v ^/run/watch || :`)).toBe('/etc/canary\n');
});

test.each([['human'], ['json'], ['ndjson']])('a plan shows nothing of it as %s', (format) => {
  onHost(HOST, `printf '%s\\n' ${old} >/etc/canary`);
  const words = [join(folder, 'p.yaml'), '-e', `@${join(folder, 'vars.json')}`, '-u', 'ops', '-D', '-v', '--format', format];
  const { status, stdout, stderr } = drover(['plan', ...words]);
  expect(status).toBe(0);
  expect(stdout).toContain('/etc/canary');
  expectNone(stdout + stderr);
});

test('a record masks the password that was given for it, in keys and readings', () => {
  const file = join(folder, 'password');
  writeFileSync(file, 'correct horse\n', { mode: 0o600 });
  const unless = 'echo correct horse; printf "correct horse" | base64; id -un';
  const words = ['--task', 'command.run', 'command=true', `unless=${unless}`, '-u', 'pw', '-b', '--become-password-file', file];
  const { status, stdout, stderr } = drover(['record', HOST, ...words]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('stdout: "********\\n********==\\nroot\\n"');
  expect(stdout + stderr).not.toMatch(/correct|Y29ycmVj/);
});
