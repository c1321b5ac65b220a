import { settingOf, spliced, withoutXlSetting, withXlSetting } from './xl-edit.ts';
import { scanXl, type XlItem, type XlSetting } from './xl-scan.ts';

/** Flags that matter to nesting: whether the guest is told that it is one, and what its own hypervisor needs. */
export const CPUID_FLAGS = ['hypervisor', 'vmx', 'svm'] as const;
export type CpuidFlag = (typeof CPUID_FLAGS)[number];

/** xl.cfg(5): off, on, as Xen has it by default, as the host has it. Where nothing is said of a flag it is `x`. */
export type CpuidValue = 0 | 1 | 'x' | 'k';

export type CpuidFlags = Readonly<Record<CpuidFlag, string>>;

/** What is said of the flags, or why it cannot be told. */
export type CpuidReading =
  | { readonly ok: true; readonly flags: CpuidFlags }
  | { readonly ok: false; readonly at: number; readonly message: string };

/** Where the flags stand: AMD's and Intel's manuals of CPUID. */
const PLACES = {
  hypervisor: { leaf: 0x1, register: 'ecx', bit: 31 },
  vmx: { leaf: 0x1, register: 'ecx', bit: 5 },
  svm: { leaf: 0x8000_0001, register: 'ecx', bit: 2 },
} as const satisfies Record<CpuidFlag, { readonly leaf: number; readonly register: string; readonly bit: number }>;

/** A register of a leaf, and the flag's place in its 32 characters. */
export function cpuidPlace(flag: CpuidFlag): { readonly leaf: number; readonly register: 'ecx'; readonly offset: number } {
  const { leaf, register, bit } = PLACES[flag];
  return { leaf, register, offset: WIDTH - 1 - bit };
}

/** xend's syntax of a leaf, which xl reads too: 32 characters a register, the first is bit 31. */
const XEND = /^(?:0x[0-9a-f]+|\d+)(?:,(?:0x[0-9a-f]+|\d+))?:(?:e[abcd]x=[01xks]{32},)*e[abcd]x=[01xks]{32}$/i;
const WIDTH = 32;

/** A flag in a string of the list, as the offset of its character in the text. */
interface Spot {
  readonly at: number;
  readonly value: string;
}

/** What a `cpuid` setting, in either of its syntaxes, says of the flags. xl only warns of a wrong one, and goes on without it. */
export function readCpuid(text: string, setting: XlSetting | undefined): CpuidReading {
  if (setting === undefined) return { ok: true, flags: flagsBy(() => undefined) };
  const { item, start, isAdded } = setting;
  const wrong = (at: number, message: string): CpuidReading => ({ ok: false, at, message });
  if (isAdded) return wrong(start, 'cpuid is set with +=');
  if (typeof item.value === 'string') {
    if (text.slice(item.start, item.end).includes('\\')) return wrong(start, 'cpuid has a backslash');
    const [first, ...words] = wordsOf(item.value);
    if (first !== 'host') return wrong(start, 'the first word of cpuid is not host');
    const odd = words.find((word) => !/^[\w.-]+=[^=]+$/.test(word));
    if (odd !== undefined) return wrong(start, `cpuid has ${JSON.stringify(odd)}, which is no flag with its value`);
    return { ok: true, flags: flagsBy((flag) => words.findLast((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1)) };
  }
  const odd = item.value.find((one) => typeof one.value !== 'string' || !XEND.test(one.value));
  if (odd !== undefined) return wrong(odd.start, 'this is no leaf of cpuid with registers of 32 characters');
  return { ok: true, flags: flagsBy((flag) => spotOf(item.value, flag)?.value) };
}

/** The text with a flag set, in the syntax that is there; `x` takes it out. Only for texts whose cpuid can be read. */
export function withCpuid(text: string, flag: CpuidFlag, value: CpuidValue): string {
  const scan = scanXl(text);
  const setting = scan.ok ? settingOf(scan.settings, 'cpuid') : undefined;
  const reading = readCpuid(text, setting);
  if (!reading.ok || reading.flags[flag] === String(value)) return text;
  if (setting === undefined) return withXlSetting(text, 'cpuid', `"host,${flag}=${value}"`);
  const { item } = setting;
  return typeof item.value === 'string' ? inWords(text, item, { flag, value }) : inRegisters(text, item, { flag, value });
}

interface Wanted {
  readonly flag: CpuidFlag;
  readonly value: CpuidValue;
}

function inWords(text: string, item: XlItem, { flag, value }: Wanted): string {
  const quote = text[item.start];
  const others = text.slice(item.start + 1, item.end - 1).split(',');
  const isFlag = (word: string) => word.startsWith(`${flag}=`);
  const last = others.findLastIndex(isFlag);
  if (value !== 'x') {
    const words = last < 0 ? [...others, `${flag}=${value}`] : others.map((word, i) => (i === last ? `${flag}=${value}` : word));
    return spliced(text, item, `${quote}${words.join(',')}${quote}`);
  }
  const left = others.filter((word) => !isFlag(word));
  return left.join(',') === 'host' ? withoutXlSetting(text, 'cpuid') : spliced(text, item, `${quote}${left.join(',')}${quote}`);
}

function inRegisters(text: string, item: XlItem, { flag, value }: Wanted): string {
  const spot = spotOf(item.value, flag);
  if (spot !== undefined) {
    const edited = spliced(text, { start: spot.at, end: spot.at + 1 }, String(value));
    return value === 'x' ? withoutEmptyLeaf(edited, item, spot.at) : edited;
  }
  const { leaf, register, bit } = PLACES[flag];
  const string = `'0x${leaf.toString(16)}:${register}=${'x'.repeat(WIDTH - 1 - bit)}${value}${'x'.repeat(bit)}'`;
  const items = typeof item.value === 'string' ? [] : item.value;
  const last = items.at(-1);
  if (last === undefined) return spliced(text, { start: item.start + 1, end: item.start + 1 }, string);
  return spliced(text, { start: last.end, end: last.end }, `, ${string}`);
}

/** A leaf that says nothing any more goes, with a comma and the blanks beside it; comments stay. */
function withoutEmptyLeaf(text: string, list: XlItem, at: number): string {
  const items = typeof list.value === 'string' ? [] : list.value;
  const index = items.findIndex(({ start, end }) => start < at && at < end);
  const empty = items[index];
  if (empty === undefined || /[01ks]/.test(text.slice(empty.start, empty.end).replace(/^[^:]*:/, ''))) return text;
  const previous = items[index - 1];
  const whole = { start: previous?.end ?? empty.start, end: previous === undefined ? (items[index + 1]?.start ?? empty.end) : empty.end };
  const between = text.slice(whole.start, empty.start) + text.slice(empty.end, whole.end);
  return spliced(text, whole, between.includes('#') ? between.replace(/^((?:[ \t\n]|#[^\n]*\n)*),/, '$1') : '');
}

/** The last string of the leaf itself, without a subleaf, that has the register. */
function spotOf(list: XlItem['value'], flag: CpuidFlag): Spot | undefined {
  const { leaf, register, bit } = PLACES[flag];
  const items = typeof list === 'string' ? [] : list;
  return items
    .flatMap(({ start, value }) => {
      const string = typeof value === 'string' ? value : '';
      const colon = string.indexOf(':');
      const from = string.toLowerCase().lastIndexOf(`${register}=`);
      const offset = from + register.length + 1 + (WIDTH - 1 - bit);
      const isLeaf = /^\w+$/.test(string.slice(0, colon)) && Number(string.slice(0, colon)) === leaf;
      return isLeaf && from > colon ? [{ at: start + 1 + offset, value: string[offset] ?? 'x' }] : [];
    })
    .at(-1);
}

/** As strtok(3) parts them: empty words are passed over. */
function wordsOf(value: string): readonly string[] {
  return value.split(',').filter(Boolean);
}

/** Where nothing is said, Xen chooses. */
export function flagsBy(said: (flag: CpuidFlag) => string | undefined): CpuidFlags {
  return { hypervisor: said('hypervisor') ?? 'x', vmx: said('vmx') ?? 'x', svm: said('svm') ?? 'x' };
}
