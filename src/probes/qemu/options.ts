import {
  type NamedText,
  type PlacedCommand,
  type PlacedWord,
  placeOf,
  replacePart,
  type Span,
  type Splice,
  unclear,
} from './placed-word.ts';

/** One option of QEMU. */
export interface QemuOption {
  /** Without its dashes. */
  readonly name: string;
  readonly word: PlacedWord;
  readonly value: PlacedWord | undefined;
  readonly place: string;
}

/** A command line of QEMU, in a file or in a process. */
export interface QemuCommand {
  readonly place: string;
  readonly program: string;
  readonly options: readonly QemuOption[];
  /** Words that are no options: an image for the first disk. */
  readonly images: readonly string[];
  /** Where more options can be added. */
  readonly end: number;
}

/** A part of an option's value, `key=value` or a lone word. */
interface Item extends Span {
  readonly key: string | undefined;
  readonly value: string;
  readonly valueFrom: number;
}

const PROGRAM = /^(?:.*\/)?(qemu-system-[\w-]+|qemu-kvm|kvm)$/;

/** Programs that run another one, the shell's words before a command, and what may stand between the two and QEMU. */
const RUNNERS = /^(?:.*\/)?(exec|command|nohup|sudo|doas|env|nice|ionice|chrt|taskset|numactl|setsid|timeout|cgexec)$/;
const KEYWORDS = /^(if|then|elif|else|do|while|until|time|!|\{)$/;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const RUNNER_WORDS = /^(-.*|[\d.,:-]+[smhd]?)$/s;
const WITH_NAME = /^-[ugs]$/;

/** Options of QEMU that take no value (qemu-options.hx of QEMU 4 to 9). */
const FLAGS = new Set(
  `h help version snapshot enable-kvm nographic nodefaults no-user-config nouserconfig daemonize S s no-reboot no-shutdown no-acpi no-hpet
  no-fd-bootchk win2k-hack rtc-td-hack full-screen alt-grab ctrl-grab no-quit no-frame curses sdl portrait singlestep preconfig mem-prealloc
  only-migratable no-kvm no-kvm-irqchip no-kvm-pit usb semihosting show-cursor enable-fips old-param xen-attach xen-domid-restrict
  async-teardown enable-sync-profile audio-help`.split(/\s+/),
);

/** The commands among these that start a QEMU. Throws STATE_UNREADABLE where its options cannot be told. */
export function qemuCommands(source: NamedText, commands: readonly PlacedCommand[]): readonly QemuCommand[] {
  return commands.flatMap(({ words }) => {
    const at = words.findIndex(({ value = '' }) => PROGRAM.test(value));
    const before = words.slice(0, Math.max(at, 0)).map(({ from, to }) => source.text.slice(from, to));
    return at >= 0 && isRun(before) ? [commandFrom(source, words.slice(at))] : [];
  });
}

/** Whether a program behind these words is what is run, and no word of another command, as in `sudo pkill qemu-kvm`. */
function isRun(before: readonly string[]): boolean {
  const words = before.slice(before.findLastIndex((word) => KEYWORDS.test(word)) + 1).filter((word) => !ASSIGNMENT.test(word));
  const isOfRunner = (word: string, i: number) => RUNNERS.test(word) || RUNNER_WORDS.test(word) || WITH_NAME.test(words[i - 1] ?? '');
  return words.length === 0 || (RUNNERS.test(words[0] ?? '') && words.every(isOfRunner));
}

function commandFrom(source: NamedText, [program, ...words]: readonly PlacedWord[]): QemuCommand {
  const options: QemuOption[] = [];
  const images: string[] = [];
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] as PlacedWord;
    const place = placeOf(source, word.from);
    if (word.value === undefined) throw unclear(place, 'has a word among the options that is not written out');
    const name = nameOf(word.value);
    if (name === undefined) images.push(word.value);
    else if (FLAGS.has(name)) options.push({ name, word, place, value: undefined });
    else {
      i += 1;
      const value = words[i];
      if (value === undefined) throw unclear(place, `ends with -${name}, which has no value`);
      if (name !== 'append' && nameOf(value.value ?? '') !== undefined) throw unclear(place, `has a -${name} without a value`);
      options.push({ name, word, value, place });
    }
  }
  const end = words.at(-1)?.to ?? program?.to ?? 0;
  return { place: placeOf(source, program?.from ?? 0), program: program?.value ?? '', options, images, end };
}

function nameOf(word: string): string | undefined {
  return /^--?([A-Za-z].*)$/s.exec(word)?.[1];
}

/** The command line of a process, from words that are parted by blanks alone: what has no dash belongs to the option before it. */
export function liveCommand(place: string, line: string): QemuCommand {
  const [program = '', ...words] = line.split(' ');
  const options: { name: string; text: string[] }[] = [];
  for (const text of words) {
    const name = nameOf(text);
    if (name !== undefined) options.push({ name, text: [] });
    else options.at(-1)?.text.push(text);
  }
  const placed = (value: string): PlacedWord => ({ from: 0, to: 0, value, units: [] });
  return {
    place,
    program,
    options: options.map(({ name, text }) => ({ name, place, word: placed(`-${name}`), value: placed(text.join(' ')) })),
    images: [],
    end: 0,
  };
}

/** All options of one of these names, in order. */
export function optionsOf({ options }: QemuCommand, ...names: readonly string[]): readonly QemuOption[] {
  return options.filter(({ name }) => names.includes(name));
}

/** The value, which must stand there in full. */
export function textOf({ name, place, value }: QemuOption): string {
  if (value?.value === undefined) throw unclear(place, `has a value of -${name} that is not written out`);
  if (value.value.startsWith('{')) throw unclear(place, `has a value of -${name} in JSON`);
  return value.value;
}

/** The parts of the value; two commas are one that parts nothing. */
export function itemsOf(option: QemuOption): readonly Item[] {
  return [...textOf(option).matchAll(/(?:[^,]|,,)+/g)].map(({ 0: item, index }) => {
    const key = /^([^=]*)=/.exec(item)?.[1];
    const valueFrom = index + (key === undefined ? 0 : key.length + 1);
    const to = index + item.length;
    return { key, value: item.slice(valueFrom - index).replaceAll(',,', ','), from: index, valueFrom, to };
  });
}

/** The part without a key that the value begins with: a kind, a model, a driver. */
export function kindOf(option: QemuOption): string {
  const [first] = itemsOf(option);
  return first?.key === undefined ? (first?.value ?? '') : '';
}

/** What the option says of a key. */
export function itemOf(option: QemuOption, key: string): Item | undefined {
  const [item, ...more] = itemsOf(option).filter((one) => one.key === key);
  if (more.length > 0) throw unclear(option.place, `says ${key} twice`);
  return item;
}

/** The option with another text in a part of its value. */
export function spliceValue({ value, word }: QemuOption, span: Span, text: string): readonly Splice[] {
  return replacePart(value ?? word, span, text);
}

/** The option with that key set; all other parts of its value stay. */
export function withItem(option: QemuOption, key: string, value: string): readonly Splice[] {
  const found = itemOf(option, key);
  const end = textOf(option).length;
  if (found === undefined) return spliceValue(option, { from: end, to: end }, `,${key}=${value}`);
  return spliceValue(option, { from: found.valueFrom, to: found.to }, value);
}

/** The option with another first part. */
export function withKind(option: QemuOption, kind: string): readonly Splice[] {
  const [first] = itemsOf(option);
  return spliceValue(option, { from: 0, to: first?.to ?? 0 }, kind);
}
