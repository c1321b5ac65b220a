import { describe, expect, it } from 'vitest';
import { editDefaults, effectiveCmdline, GRUB_DEFAULTS, GRUB_DROP_IN } from '../../../src/probes/boot/grub-cmdline.ts';
import { parseDefaults } from '../../../src/probes/boot/grub-defaults.ts';
import { foreseenMenu, menuLines } from '../../../src/probes/boot/grub-menu.ts';
import type { WantedWords } from '../../../src/probes/kernel-words.ts';
import { recordedHost } from '../../support/replay.ts';

const pt: WantedWords = { set: { iommu: 'pt' }, append: [], remove: [] };

function edit(text: string, wanted: Partial<WantedWords> = pt, dropIns = false) {
  return editDefaults([{ path: GRUB_DEFAULTS, text }], { set: {}, append: [], remove: [], ...wanted }, { dropIns });
}

describe('editDefaults', () => {
  it.each<[string, Partial<WantedWords>, string]>([
    ['export GRUB_CMDLINE_LINUX="quiet"   # why\n', pt, 'export GRUB_CMDLINE_LINUX="quiet iommu=pt"   # why\n'],
    ['GRUB_CMDLINE_LINUX=quiet\nX=1\n', pt, 'GRUB_CMDLINE_LINUX="quiet iommu=pt"\nX=1\n'],
    ["GRUB_CMDLINE_LINUX=''\n", pt, "GRUB_CMDLINE_LINUX='iommu=pt'\n"],
    ['GRUB_CMDLINE_LINUX=\n', pt, 'GRUB_CMDLINE_LINUX=iommu=pt\n'],
    ['GRUB_TIMEOUT=3', pt, 'GRUB_TIMEOUT=3\nGRUB_CMDLINE_LINUX="iommu=pt"\n'],
    ['GRUB_CMDLINE_LINUX="intel_iommu=on"\n', pt, 'GRUB_CMDLINE_LINUX="intel_iommu=on iommu=pt"\n'],
    ['GRUB_CMDLINE_LINUX="a  iommu=off  b "\n', pt, 'GRUB_CMDLINE_LINUX="a  iommu=pt  b "\n'],
    [
      'GRUB_CMDLINE_LINUX="dyndbg=\\"file drivers/x.c +p\\" quiet"\n',
      pt,
      'GRUB_CMDLINE_LINUX="dyndbg=\\"file drivers/x.c +p\\" quiet iommu=pt"\n',
    ],
    [
      'GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX="quiet"\n',
      { remove: ['quiet'] },
      'GRUB_CMDLINE_LINUX_DEFAULT="splash"\nGRUB_CMDLINE_LINUX=""\n',
    ],
    [
      'GRUB_CMDLINE_LINUX="kvm_intel.nested=0 kvm-intel.nested=1"\n',
      { set: { 'kvm-intel.nested': 1 } },
      'GRUB_CMDLINE_LINUX="kvm-intel.nested=1"\n',
    ],
    [
      '# GRUB_CMDLINE_LINUX="old"\nGRUB_CMDLINE_LINUX_XEN_REPLACE="x"\n',
      pt,
      '# GRUB_CMDLINE_LINUX="old"\nGRUB_CMDLINE_LINUX_XEN_REPLACE="x"\nGRUB_CMDLINE_LINUX="iommu=pt"\n',
    ],
  ])('%j with %j', (text, wanted, expected) => {
    expect(edit(text, wanted)).toEqual(new Map([[GRUB_DEFAULTS, expected]]));
    expect(edit(expected, wanted)).toEqual(new Map());
  });

  it.each<[string, string]>([
    ['\nGRUB_CMDLINE_LINUX="a b" ; GRUB_TIMEOUT=3\n', ':2 is more than one plain value'],
    ['GRUB_CMDLINE_LINUX="$(cat /etc/args)"\n', ':1 has a value that the shell fills in'],
    ['GRUB_CMDLINE_LINUX="`cat /etc/args`"\n', ':1 has a value that the shell fills in'],
    ['GRUB_CMDLINE_LINUX="$OTHER quiet"\n', ':1 has a value that the shell fills in'],
    ['GRUB_CMDLINE_LINUX="one \\\n two"\n', ':1 has a value that goes on in the next line'],
    ['GRUB_CMDLINE_LINUX+=" quiet"\n', ':1 does something else with kernel arguments than to set them'],
    ['[ "$GRUB_CMDLINE_LINUX" ] || exit\n', ':1 does something else with kernel arguments than to set them'],
    ['if true; then\n  GRUB_CMDLINE_LINUX="x"\nfi\n', ':2 sets kernel arguments under a condition'],
    ['GRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX="b"\n', ':2 sets GRUB_CMDLINE_LINUX a second time'],
    ['GRUB_CMDLINE_LINUX="a"\r\n', ':1 ends with a carriage return, which becomes a part of the value'],
    ['X=1\n. /etc/default/site\n', ':2 reads another file'],
  ])('refuses %j', (text, why) => {
    expect(() => edit(text)).toThrow(`${GRUB_DEFAULTS}${why}`);
  });

  it('reads past what has nothing to do with it', () => {
    const text =
      'GRUB_DISTRIBUTOR=`( . /etc/os-release; echo $NAME )`\nif [ "$X" = "" ]; then\n  GRUB_DEFAULT=$(printf x)\nfi\nGRUB_CMDLINE_LINUX=""\n';
    expect(edit(text).get(GRUB_DEFAULTS)).toContain('GRUB_CMDLINE_LINUX="iommu=pt"');
  });
});

describe('drop-ins', () => {
  it('are written where they are read, and go with their last word', () => {
    const made = edit('GRUB_CMDLINE_LINUX="quiet"\n', pt, true);
    expect(made).toEqual(new Map([[GRUB_DROP_IN, '# Kept by drover.\nGRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX iommu=pt"\n']]));
    const files = [
      { path: GRUB_DEFAULTS, text: 'GRUB_CMDLINE_LINUX="quiet"\n' },
      { path: GRUB_DROP_IN, text: made.get(GRUB_DROP_IN) ?? '' },
    ];
    expect(effectiveCmdline(files)['GRUB_CMDLINE_LINUX']).toEqual(['quiet', 'iommu=pt']);
    expect(editDefaults(files, { set: {}, append: [], remove: ['iommu'] }, { dropIns: true })).toEqual(
      new Map([[GRUB_DROP_IN, undefined]]),
    );
  });

  it('that set all anew make what stands before them dead', () => {
    const files = [
      { path: GRUB_DEFAULTS, text: 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n' },
      { path: '/etc/default/grub.d/50-cloud.cfg', text: 'GRUB_CMDLINE_LINUX_DEFAULT="console=tty1"\n' },
    ];
    expect(effectiveCmdline(files)['GRUB_CMDLINE_LINUX_DEFAULT']).toEqual(['console=tty1']);
    expect(editDefaults(files, { set: {}, append: [], remove: ['quiet'] }, { dropIns: true })).toEqual(new Map());
  });

  it('that are read after ours and set all anew are named', () => {
    const files = [
      { path: GRUB_DEFAULTS, text: '' },
      { path: '/etc/default/grub.d/zzz.cfg', text: 'GRUB_CMDLINE_LINUX="x"\n' },
    ];
    expect(() => editDefaults(files, pt, { dropIns: true })).toThrow('/etc/default/grub.d/zzz.cfg sets kernel arguments anew');
  });
});

describe('the menu', () => {
  const text = recordedHost('debian12-grub').readings['file /boot/grub/grub.cfg']?.stdout ?? '';

  it('has two normal entries and one for recovery', () => {
    expect(menuLines(text).map(({ line, isRecovery }) => [line, isRecovery])).toEqual([
      [93, false],
      [106, false],
      [118, true],
    ]);
  });

  it('is foreseen only where it looks as it must', () => {
    const before = { GRUB_CMDLINE_LINUX: ['console=ttyS0', 'mitigations=off'], GRUB_CMDLINE_LINUX_DEFAULT: ['quiet'] };
    const after = { ...before, GRUB_CMDLINE_LINUX: [...before.GRUB_CMDLINE_LINUX, 'x'] };
    const seen = foreseenMenu(text, before, after);
    expect(seen?.menu).toBe(text.replaceAll('mitigations=off', 'mitigations=off x'));
    expect(seen?.live).toMatch(/^BOOT_IMAGE=\/boot\/vmlinuz-\S+ root=\S+ ro console=ttyS0 mitigations=off x quiet\n$/);
    expect(foreseenMenu(text, after, before)).toBeUndefined();
    expect(foreseenMenu(text.replace('set default="0"', 'set default="$saved_entry"'), before, after)?.live).toBeUndefined();
  });
});

it('parseDefaults tells where a value stands', () => {
  const defaults = 'A=1\nexport GRUB_CMDLINE_LINUX="a b" # c\n';
  const [one] = parseDefaults({ path: GRUB_DEFAULTS, text: defaults });
  expect(defaults.slice(one?.start, one?.end)).toBe('"a b"');
});
