import { describe, expect, it } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import { dir, file, fileImage, glob, stat } from '../../src/core/file.ts';
import { ABSENT, all, command, commandIf, constant, each, map, type Read, readKey, recover, UNREADABLE } from '../../src/core/probe.ts';

const said = (stdout: string, status = 0, stderr = '') => ({ status, stdout, stderr });

describe('readKey', () => {
  it.each<[Read, string]>([
    [{ kind: 'file', path: '/proc/cpuinfo' }, 'file /proc/cpuinfo'],
    [{ kind: 'stat', path: '/etc/my file' }, 'stat /etc/my file'],
    [{ kind: 'glob', pattern: '/etc/modprobe.d/*.conf' }, 'glob /etc/modprobe.d/*.conf'],
    [{ kind: 'command', argv: ['ip', '-json', 'address'] }, 'command ip -json address'],
    [{ kind: 'command', argv: ['sh', '-c', 'echo "a b"'] }, 'command sh -c "echo \\"a b\\""'],
    [{ kind: 'command', argv: ['docker', 'ps'], onlyIf: '/run/docker.pid' }, 'command docker ps [only if /run/docker.pid]'],
    [{ kind: 'command', argv: ['nft'], unless: '/proc/modules' }, 'command nft [unless /proc/modules]'],
    [{ kind: 'command', argv: ['rpm'], aside: { empty: [], linked: [] } }, 'command rpm [aside]'],
    [
      { kind: 'command', argv: ['dnf'], aside: { empty: ['/run'], linked: ['/var/cache/dnf'] }, omit: 'Last' },
      'command dnf [aside /run /var/cache/dnf] [without Last]',
    ],
  ])('%j is %s', (read, key) => {
    expect(readKey(read)).toBe(key);
  });
});

describe('combinators', () => {
  it('hand each probe its own readings, in order', () => {
    const probe = all<{ a: string | undefined; b: readonly [string | undefined, number]; c: number }>({
      a: file('/a'),
      b: map(each([map(file('/b'), (text) => text ?? ''), constant('no read')]), ([text]) => [text, 1] as const),
      c: map(command('true'), ({ status }) => status),
    });
    expect(probe.reads.map(readKey)).toEqual(['file /a', 'file /b', 'command true']);
    expect(probe.parse([said('A'), said('B'), said('', 3)])).toEqual({ a: 'A', b: ['B', 1], c: 3 });
  });

  it('ask a command only where its path is there', () => {
    expect(commandIf('/run/docker.pid', 'docker', 'ps').reads).toEqual([
      { kind: 'command', argv: ['docker', 'ps'], onlyIf: '/run/docker.pid' },
    ]);
  });

  it('turn what parse throws into a value', () => {
    const probe = recover(file('/x'), (error) => (error as DroverError).code);
    expect(probe.parse([said('', UNREADABLE, 'permission denied')])).toBe('STATE_UNREADABLE');
  });
});

describe('files', () => {
  it('say absence as a value, and what cannot be read as an error', () => {
    expect(file('/x').parse([said('', ABSENT)])).toBeUndefined();
    expect(() => file('/x').parse([said('', UNREADABLE, 'permission denied')])).toThrow('file /x: permission denied');
  });

  it.each([
    ['81a4 0 0 12 root/root', { type: 'file', mode: 0o644, owner: 'root', group: 'root', size: 12 }],
    ['41ed 0 4242 4096 root/UNKNOWN', { type: 'dir', mode: 0o755, owner: 'root', group: '4242' }],
    ['81a4 1101 1102 12 CORP\\ann lee/CORP\\domain users', { owner: 'CORP\\ann lee', group: 'CORP\\domain users', size: 12 }],
    ['a1ff 0 0 9 root/root', { type: 'link' }],
    ['21b6 0 0 0 root/root', { type: 'other', mode: 0o666 }],
  ])('understand the stat line %s', (line, expected) => {
    expect(stat('/x').parse([said(line)])).toMatchObject(expected);
  });

  it('refuse a stat line that makes no sense', () => {
    expect(() => stat('/x').parse([said('oops')])).toThrow(DroverError);
  });

  it('are images only where they are regular', () => {
    const probe = fileImage('/x');
    expect(probe.parse([said('81a4 0 0 3 root/adm'), said('abc')])?.image).toEqual({
      content: 'abc',
      mode: 0o644,
      owner: 'root',
      group: 'adm',
    });
    expect(probe.parse([said('a1ff 0 0 3 root/root'), said('abc')])).toEqual({ meta: expect.objectContaining({ type: 'link' }) });
    expect(probe.parse([said('', ABSENT), said('', ABSENT)])).toBeUndefined();
  });

  it('list folders and patterns', () => {
    expect(dir('/d').parse([said('b\0a c\0')])).toEqual(['a c', 'b']);
    expect(glob('/d/*').parse([said('[{"path":"/d/a","content":"x"}]')])).toEqual([{ path: '/d/a', content: 'x' }]);
    expect(glob('/d/*').parse([said('', ABSENT)])).toEqual([]);
  });
});
