import type { FileImage } from '../../core/file.ts';
import { type Blocked, blocked } from '../../core/plan.ts';
import type { XenHost, XenSettings } from './host.ts';
import { CPUID_FLAGS, type CpuidFlag, type CpuidValue, readCpuid, withCpuid } from './xl-cpuid.ts';
import { settingOf, withoutXlSetting, withXlSetting } from './xl-edit.ts';
import { lineAt, scanXl, type XlSetting } from './xl-scan.ts';

/** A guest as its file has it. */
export interface XenConfig extends XenSettings {
  readonly name: string;
  readonly text: string;
  readonly kind: string;
  /** What Xen does not let go together with nesting, as the file says it. */
  readonly rivals: readonly string[];
}

/** How a guest is to be; what is undefined is left alone. */
export interface WantedNesting {
  readonly nested: boolean;
  readonly hap: boolean | undefined;
  readonly cpuid: { readonly [flag in CpuidFlag]?: CpuidValue | undefined };
}

/** Where a guest's file lies while xl tries it: in memory and for root alone; not beside it, for what is in /etc/xen/auto is started at boot. */
export function stagedPath(config: string): string {
  return `/run/drover-xen-${config.slice(config.lastIndexOf('/') + 1)}`;
}

/** Whether passwords stand in a guest's file: those of its displays. */
export function holdsPassword({ content }: FileImage): boolean {
  return /\b(vnc|spice)passwd\b/.test(content);
}

/** Understands a guest's file as xl does (tools/xl/xl_parse.c of Xen), or says where it cannot be. */
export function xenConfig(path: string, text: string): XenConfig | Blocked {
  const unclear = (at: number, message: string) => blocked(`${path}:${lineAt(text, at)}: ${message}`, HINT);
  const scan = scanXl(text);
  if (!scan.ok) return blocked(`${path}:${scan.line}: ${scan.message}`, HINT);
  const of = (key: string) => settingOf(scan.settings, key);
  const odd = ['name', 'type', 'builder', 'nestedhvm', 'hap']
    .flatMap((key) => of(key) ?? [])
    .find(({ isAdded, item }) => isAdded || typeof item.value !== 'string');
  if (odd !== undefined) return unclear(odd.start, `${odd.name} ${odd.isAdded ? 'is set with +=' : 'is a list'}`);
  const cpuid = readCpuid(text, of('cpuid'));
  if (!cpuid.ok) return unclear(cpuid.at, cpuid.message);
  const name = textOf(of('name'));
  if (name === undefined) return blocked(`${path} names no guest`, 'Give it a name; xl creates none without.');
  return {
    name,
    text,
    kind: textOf(of('type')) ?? kindBy(textOf(of('builder'))),
    nested: isOn(of('nestedhvm')) ?? false,
    // Xen's own choice where the CPU can, which a guest that nests needs.
    hap: isOn(of('hap')) ?? true,
    cpuid: cpuid.flags,
    rivals: rivalsIn(of),
  };
}

const HINT = 'Correct that line; xl refuses it too, or does not do what it says.';

/** Why the guest's file is not ours to change; undefined where it is. */
export function guestObstacle({ saved, ofLibvirt }: XenHost, { name }: XenConfig): Blocked | undefined {
  if (ofLibvirt.includes(name))
    return blocked(`libvirt keeps the guest ${name}`, `Change it with \`virsh -c xen:///system edit ${name}\`.`);
  if (saved.includes(name)) {
    return blocked(
      `${name} is saved, and the next start resumes it with what it ran with`,
      `Start it once, or take away /var/lib/xen/save/${name}.`,
    );
  }
  return undefined;
}

/** Why this guest cannot nest others here; undefined where it can. */
export function nestingObstacle(host: XenHost, { name, kind, rivals, hap }: XenConfig, wanted: WantedNesting): Blocked | undefined {
  if (kind !== 'hvm') return blocked(`${name} is of type ${kind}`, 'Only guests of type hvm can nest others.');
  if (rivals.length > 0)
    return blocked(`${name} has ${rivals.join(' and ')}`, 'Xen does not nest guests together with that: take it out first.');
  if (!(wanted.hap ?? hap)) return blocked(`${name} has hap = 0`, 'Nesting needs hardware-assisted paging: say hap: true.');
  if (!host.capabilities.includes('hvm-')) return blocked('Xen runs no HVM guests here', 'Turn VT-x or AMD-V on in the firmware.');
  // The two words came together; older Xen tells neither.
  if (host.virtCaps.includes('shadow') && !host.virtCaps.includes('hap')) {
    return blocked('Xen has no hardware-assisted paging here', 'The CPU needs EPT or NPT, and Xen must not be booted with hap=0.');
  }
  return undefined;
}

/** What is otherwise than wanted, in words. */
export function unmet({ nested, hap, cpuid }: XenSettings, wanted: WantedNesting): readonly string[] {
  return [
    ...(nested === wanted.nested ? [] : [`nestedhvm ${nested ? 1 : 0}`]),
    ...((wanted.hap ?? hap) === hap ? [] : [`hap ${hap ? 1 : 0}`]),
    ...CPUID_FLAGS.filter((flag) => !isMet(cpuid[flag], wanted.cpuid[flag])).map((flag) => `cpuid ${flag} ${cpuid[flag]}`),
  ];
}

/** The file's text as wanted; what holds already keeps its bytes. */
export function withNesting(config: XenConfig, wanted: WantedNesting): string {
  const { text, nested, hap, cpuid } = config;
  const nesting =
    nested === wanted.nested ? text : wanted.nested ? withXlSetting(text, 'nestedhvm', '1') : withoutXlSetting(text, 'nestedhvm');
  const paging = (wanted.hap ?? hap) === hap ? nesting : withXlSetting(nesting, 'hap', wanted.hap === true ? '1' : '0');
  // First what is set, so that no leaf is taken out that is about to say something.
  const isTakenOut = (flag: CpuidFlag) => wanted.cpuid[flag] === 'x';
  const flags = [...CPUID_FLAGS.filter((flag) => !isTakenOut(flag)), ...CPUID_FLAGS.filter(isTakenOut)];
  return flags.reduce((edited, flag) => {
    const value = wanted.cpuid[flag];
    return value === undefined || isMet(cpuid[flag], value) ? edited : withCpuid(edited, flag, value);
  }, paging);
}

/** `s` is the old name of `k`. */
function isMet(has: string, wanted: CpuidValue | undefined): boolean {
  return wanted === undefined || has === String(wanted) || (has === 's' && wanted === 'k');
}

function textOf(setting: XlSetting | undefined): string | undefined {
  return typeof setting?.item.value === 'string' ? setting.item.value : undefined;
}

/** As strtol(3) with any base reads it; of what is no number xl only warns. */
function isOn(setting: XlSetting | undefined): boolean | undefined {
  const word = textOf(setting)?.trim() ?? '';
  return /^[+-]?(0x[0-9a-f]+|\d+)$/i.test(word) ? !/^[+-]?(0x)?0+$/i.test(word) : undefined;
}

/** The older key, and what a guest is that says nothing. */
function kindBy(builder: string | undefined): string {
  return builder === undefined || builder === 'generic' ? 'pv' : builder;
}

/** libxl refuses altp2m outright (tools/libs/light/libxl_create.c); devices passed through are untried with nesting. */
function rivalsIn(of: (key: string) => XlSetting | undefined): readonly string[] {
  const altp2m = textOf(of('altp2m'));
  const pci = of('pci')?.item.value;
  return [
    ...(isOn(of('altp2mhvm')) === true || (altp2m !== undefined && altp2m !== 'disabled' && isOn(of('altp2m')) !== false)
      ? ['altp2m']
      : []),
    ...(Array.isArray(pci) && pci.length > 0 ? ['devices passed through (pci)'] : []),
  ];
}
