import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GrubMenu } from '../../src/core/settling.ts';
import { settlingCommands } from '../../src/engine/act/settle-commands.ts';
import { tempFolder } from '../support/temp-folder.ts';

const entry = (kernel: string, words: string, name = 'Linux') =>
  `menuentry '${name}' {\n\tlinux /boot/${kernel} root=/dev/vda1 ro ${words}\n}\n`;
const menu = (...entries: readonly string[]) => `### BEGIN /etc/grub.d/10_linux ###\n${entries.join('')}### END /etc/grub.d/10_linux ###\n`;
const OLD = menu(entry('vmlinuz-6.1', 'quiet'), entry('vmlinuz-6.1', 'single', 'Linux (recovery mode)'));
const NEW = menu(entry('vmlinuz-6.1', 'quiet iommu=pt'), entry('vmlinuz-6.1', 'single', 'Linux (recovery mode)'));
/** As on the EFI partition of Rocky 9. */
const WRAPPER = 'search --fs-uuid --set=dev 2c6f\nset prefix=($dev)/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg\n';

/** A host whose grub-mkconfig makes this text, with this program around it; the checker refuses what has BAD in it. */
function hostWith(next: string, tool = 'cat "$F/next" >"$2"') {
  const folder = tempFolder();
  mkdirSync(join(folder, 'boot'));
  mkdirSync(join(folder, 'bin'));
  const path = join(folder, 'boot/grub.cfg');
  writeFileSync(join(folder, 'next'), next);
  writeFileSync(join(folder, 'boot/vmlinuz-6.1'), '');
  writeFileSync(path, OLD);
  chmodSync(path, 0o640);
  const programs = { 'grub-mkconfig': tool, 'grub-script-check': '! grep -q BAD "$1" || { echo "Syntax error at line 4"; exit 1; }' };
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const made = (words: Pick<GrubMenu, 'present' | 'absent'> = {}, target = path): string => {
    const [[program = '', ...args] = []] = settlingCommands({ what: 'grub', tool: 'grub-mkconfig', path: target, ...words });
    const moved = args.map((text) =>
      text.replaceAll('/boot/vmlinu', `${folder}/boot/vmlinu`).replaceAll('/var/lib/drover', `${folder}/kept`),
    );
    const env = { ...process.env, F: folder, PATH: `${folder}/bin:${process.env['PATH']}` };
    try {
      return execFileSync(program, moved, { env, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      return String((error as { stdout?: string }).stdout);
    }
  };
  return { folder, path, made };
}

describe('the menu of GRUB', () => {
  it('is swapped in whole, with mode and owner of the old one, which is kept', () => {
    const { folder, path, made } = hostWith(NEW);
    expect(made({ present: ['iommu=pt'], absent: ['splash'] })).toBe(`${path} is new\n`);
    expect(readFileSync(path, 'utf8')).toBe(NEW);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readFileSync(join(folder, 'kept/backup/grub.cfg'), 'utf8')).toBe(OLD);
    expect(readdirSync(join(folder, 'boot'))).toEqual(['grub.cfg', 'vmlinuz-6.1']);
  });

  it('is made where a link leads to, and the link stays', () => {
    const { folder, path, made } = hostWith(NEW);
    symlinkSync(path, join(folder, 'grub2.cfg'));
    expect(made({}, join(folder, 'grub2.cfg'))).toBe(`${path} is new\n`);
    expect(readFileSync(path, 'utf8')).toBe(NEW);
  });

  it('is never made in place of the file that only points to it', () => {
    const { path, made } = hostWith(NEW);
    writeFileSync(path, WRAPPER);
    expect(made()).toBe(`${path} only points to another file; ${path} is as it was\n`);
    expect(readFileSync(path, 'utf8')).toBe(WRAPPER);
  });

  it.each<[string, string, string | undefined, Pick<GrubMenu, 'present' | 'absent'>, string]>([
    ['the tool fails', NEW, 'echo "cannot find a device"; exit 1', {}, 'cannot find a device\ngrub-mkconfig failed'],
    ['the tool says nothing of a syntax error', NEW, 'cat "$F/next" >"$2.new"', {}, '\ngrub-mkconfig has left no whole file'],
    ['the tool has stopped midway', NEW, 'tee "$2" <"$F/next" >"$2.new"', {}, '\ngrub-mkconfig has left no whole file'],
    ['the tool writes nothing', '', undefined, {}, '\ngrub-mkconfig has left no whole file'],
    ['the checker refuses it', `${NEW}BAD`, undefined, {}, 'Syntax error at line 4\ngrub-script-check refuses the new file'],
    ['it has no entry', '# nothing\n', undefined, {}, 'the new file has no entry'],
    ['it has lost a kernel', menu(entry('vmlinuz-5.10', 'quiet')), undefined, {}, 'the new file has lost the kernel '],
    ['an entry lacks a word', NEW, undefined, { present: ['iommu'] }, 'in the new file an entry lacks iommu'],
    ['an entry has a word too many', NEW, undefined, { absent: ['quiet'] }, 'in the new file an entry still has quiet'],
  ])('is as it was where %s', (_, next, tool, words, said) => {
    const { folder, path, made } = hostWith(next, tool);
    const output = made(words);
    expect(output.startsWith(said)).toBe(true);
    expect(output.endsWith(`; ${path} is as it was\n`)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe(OLD);
    expect(readdirSync(join(folder, 'boot'))).toEqual(['grub.cfg', 'vmlinuz-6.1']);
    expect(existsSync(join(folder, 'kept'))).toBe(false);
  });

  it('with entries in files of their own is a frame, in which no words are looked for', () => {
    const { path, made } = hostWith('insmod blscfg\nblscfg\n');
    expect(made({ present: ['iommu=pt'] })).toBe(`${path} is new\n`);
  });
});
