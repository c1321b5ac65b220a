import { expect, it } from 'vitest';
import { inverse } from '../../src/core/change.ts';
import { packagePresent } from '../../src/tasks/package-present.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

function undoOn(host: string, packages: readonly string[]) {
  const [install] = changesOf(findingOf(packagePresent, { host, with: { packages: [...packages] } }).plan);
  return install === undefined ? undefined : inverse(install);
}

it('takes away exactly what comes, and nothing that was there', () => {
  expect(undoOn('packages-missing', ['lab-tool', 'tar'])).toMatchObject({
    argv: ['env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', '--purge', 'lab-extra', 'lab-library', 'lab-tool'],
  });
});

it('leaves configuration files where some were there before', () => {
  expect(undoOn('packages-remains', ['lab-tool'])).toMatchObject({
    argv: ['env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', '--remove', 'lab-extra', 'lab-tool'],
  });
});

it('may change any reading, and has time for it', () => {
  const [install] = changesOf(findingOf(packagePresent, { host: 'packages-missing', with: { packages: ['lab-tool', 'tar'] } }).plan);
  expect(install).toMatchObject({ touches: ['*'], timeoutMs: 1_800_000 });
});

it.each([[[]], [['']], [['nginx-']], [['-y']], [['nginx=1.0']], [['nginx:amd64']], [['a b']], [['lib*']], [['./x.deb']], [['x']]])(
  'refuses the packages %j',
  (packages) => {
    expect(packagePresent.params.safeParse({ packages }).success).toBe(false);
  },
);

it.each(['g++', 'libstdc++6', '0ad', 'python3.11', 'lib32gcc-s1', 'NetworkManager', 'python3_dnf'])('takes the package %s', (name) => {
  expect(packagePresent.params.safeParse({ packages: [name] }).success).toBe(true);
});
