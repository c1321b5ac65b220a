import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { fileLine } from '../../src/tasks/file-line.ts';
import { onHost, requireLab, resetHosts } from '../support/lab.ts';
import { localSession } from '../support/local-session.ts';
import { keysOf, proveDrift, type RealStep, runStep } from '../support/prove-task.ts';

const HOST = 'kvm01';
const session = localSession([resolve('test/lab/lab'), 'host', HOST, '--', 'sh', '-s']);

function step(params: Readonly<Record<string, Json>>): RealStep {
  return { session, task: fileLine, with: params };
}

function sh(script: string): string {
  return onHost(HOST, script);
}

beforeAll(() => {
  requireLab();
  resetHosts(HOST);
});

describe('file.line', () => {
  const path = '/srv/app.conf';

  it.each([
    ['at the end of a file without a final newline', 'a=1\\nb=2', { line: 'c=3' }, 'a=1\nb=2\nc=3\n'],
    ['between CRLF lines', 'a=1\\r\\nb=2\\r\\n', { line: "it's $HOME `id` \\n", after: '^a=' }, "a=1\r\nit's $HOME `id` \\n\r\nb=2\r\n"],
    ['in place of another', '\\tä \\r x\\n#b = 2\\n\\n', { line: 'b = 3', regexp: '^#?b\\b' }, '\tä \r x\nb = 3\n\n'],
    ['and one goes away', 'a\\nb\\na\\n', { line: 'a', ensure: 'absent' }, 'b\n'],
  ])('puts a line %s, and gives the bytes back', async (_, before, params, after) => {
    sh(`printf '${before}' > ${path}; chmod 640 ${path}; chown daemon:adm ${path}`);
    const edit = step({ path, ...params });
    await proveDrift(edit, [...keysOf(edit, 'file'), ...keysOf(edit, 'stat')]);
    expect(await runStep(edit)).toMatchObject({ status: 'changed', looks: 2, acts: 1 });
    expect(sh(`cat ${path}`)).toBe(after);
    expect(sh(`stat -c '%a %U:%G' ${path}`)).toBe('640 daemon:adm\n');
  });

  it('makes a real daemon believe it', async () => {
    sh('mkdir -p /run/sshd; sed -i "s/^#*PermitRootLogin.*/#PermitRootLogin prohibit-password/" /etc/ssh/sshd_config');
    const params = { path: '/etc/ssh/sshd_config', line: 'PermitRootLogin no', regexp: '^#?PermitRootLogin\\s' };
    expect(await runStep(step(params))).toMatchObject({ status: 'changed' });
    expect(await runStep(step(params))).toMatchObject({ status: 'steady', acts: 0 });
    expect(sh('sshd -T | grep ^permitrootlogin')).toBe('permitrootlogin no\n');
  });

  it.each([
    ['several lines match', `printf 'a=1\\na=2\\n' > ${path}`, { line: 'a=3', regexp: '^a' }, `${path}: lines 1, 2 are matched`],
    ['bytes that are no text', `printf 'a\\377\\n' > ${path}`, { line: 'b' }, `${path} is no UTF-8 text`],
    ['a link', `rm ${path}; ln -s /etc/hostname ${path}`, { line: 'b' }, `${path} is a link`],
    ['a folder', `rm ${path}; mkdir ${path}`, { line: 'b' }, `${path} is a folder`],
    ['nothing at all', `rmdir ${path}`, { line: 'b' }, `there is no ${path}`],
  ])('refuses %s', async (_, breakIt, params, because) => {
    sh(breakIt);
    const outcome = await runStep(step({ path, ...params }));
    expect(outcome).toMatchObject({ status: 'blocked', acts: 0, steps: [{ outcome: { because } }] });
  });
});
