import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shellLine, startMark } from '../../src/transport/shell-line.ts';

const NONCE = '0123456789abcdef0123456789abcdef';

/** Login shells of hosts: sshd runs each with `-c` and the request. */
const SHELLS = [['sh'], ['dash'], ['bash'], ['busybox', 'sh'], ['zsh'], ['csh'], ['tcsh'], ['fish']].filter(
  ([program = '']) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0,
);

function runIn(shell: readonly string[], line: string, input = '') {
  const [program = '', ...args] = shell;
  const { status, stdout, stderr } = spawnSync(program, [...args, '-c', line], { input, encoding: 'latin1' });
  return { status, stdout, stderr };
}

const HOSTILE = [
  `echo "it's" 'a "b"'`,
  'echo a!b !! !$',
  "printf '%s\\n' a\\\\b \\$HOME '$HOME' `echo x`",
  'echo one\necho two\n\techo three',
  'echo 100% %s %d \\033 \\n',
  '-n',
  'echo "äöü €" | tr a-z A-Z; exit 7',
  'cat <<EOF\nhere $((1+1))\nEOF',
  '# only a comment',
  'echo {a,b} [a-z] ~ * ? ; # x',
];

describe.each(SHELLS)('as the request of a login with %s', (...shell) => {
  test.each(HOSTILE)('%j is run by sh as it stands', (command) => {
    const plain = spawnSync('sh', ['-c', command], { encoding: 'latin1' });
    const { status, stdout, stderr } = runIn(shell, shellLine({ nonce: NONCE, command }));
    const mark = startMark(NONCE);
    expect(stdout).toBe(`${mark}\n${plain.stdout}`);
    expect(stderr.slice(stderr.indexOf('\n', stderr.indexOf(mark) + mark.length) + 1)).toBe(plain.stderr);
    expect(status).toBe(plain.status);
  });

  test('a script comes through stdin', () => {
    expect(runIn(shell, shellLine({ nonce: NONCE }), 'echo $0; exit 3')).toMatchObject({ status: 3, stdout: `${startMark(NONCE)}\nsh\n` });
  });
});

test('any text comes out of printf as it went in', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));
  fc.assert(
    fc.property(text, (value) => {
      const command = `printf %s '${value.replaceAll("'", "'\\''")}'`;
      const { stdout } = runIn(['sh'], shellLine({ nonce: NONCE, command }));
      expect(Buffer.from(stdout, 'latin1').toString()).toBe(`${startMark(NONCE)}\n${value}`);
    }),
    { numRuns: 60 },
  );
});

test('the mark on stderr tells which process it is', () => {
  const { stdout, stderr } = runIn(['sh'], shellLine({ nonce: NONCE, command: 'echo $$' }));
  const pid = stdout.trim().split('\n').at(-1);
  expect(stderr).toMatch(new RegExp(`^${startMark(NONCE)} ${pid} \\(sh\\) `));
});

test('sudo is asked for before anything else', () => {
  const without = shellLine({ nonce: NONCE, become: { user: 'root', asks: false } });
  const withPassword = shellLine({ nonce: NONCE, become: { user: 'db-admin', asks: true } });
  expect(without).toMatch(/^exec sudo -n -u 'root' -- sh -c '/);
  expect(withPassword).toMatch(/^exec sudo -S -p 'sudo-[0-9a-f]+:' -u 'db-admin' -- sh -c '/);
});

test.each(["a'b", 'a b', 'a!b', '-u', 'a;b', ''])('%j is no name of a user', (user) => {
  expect(() => shellLine({ nonce: NONCE, become: { user, asks: false } })).toThrow('cannot be the name of a user');
});

test('a command with a NUL is refused', () => {
  expect(() => shellLine({ nonce: NONCE, command: 'a\0b' })).toThrow('NUL');
});
