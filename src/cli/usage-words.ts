import type { Options } from 'yargs';
import { nearest } from '../config/source/nearest.ts';
import type { DroverError } from '../core/errors.ts';
import { type Command, FLAGS, SCAN_FLAGS } from './command-flags.ts';
import { usageError } from './usage.ts';

type Flags = Readonly<Record<string, Options>>;

/** What the parser of the command line says, in words that tell what to do; with the flag or command that was meant. */
export function usageOf(message: string, argv: readonly string[]): DroverError {
  const [first = ''] = argv;
  const unknown = /^Unknown arguments?: (.*)$/.exec(message)?.[1]?.split(', ') ?? [];
  if (unknown.includes(first) && !isCommand(first)) return noCommand(first, argv);
  const [name] = unknown;
  if (name !== undefined) return tooMuch(name, argv);
  return usageError(inOurWords(message), isCommand(first) ? helpOf(first) : undefined);
}

/** Refuses words that would be taken for something else than was meant: a bare dash, and a value for a flag that is only there or not. */
export function refuseOddWords(argv: readonly string[]): void {
  const end = argv.indexOf('--');
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    if (word === '-' && argv[0] === 'exec') throw usageError('`-` is a word of the command', BEFORE_COMMAND);
    if (word === '-') throw usageError('`-` is no name', 'Standard input is the file /dev/stdin.');
    const [, dashes = '', names = '', value = ''] = /^(--?)(?:no-)?([\w-]+)=(.*)$/s.exec(word) ?? [];
    const flag = dashes === '-' ? names.slice(-1) : names;
    if (flag === '' || value === 'true' || value === 'false' || !isSwitch(flag)) continue;
    throw usageError(`${word}: ${dashes}${flag} takes no value`, `Write ${dashes}${flag} alone, or leave it out.`);
  }
}

const BEFORE_COMMAND = 'Put `--` before the command that the hosts are to run.';

/** What flags of Ansible's ad hoc commands are here. */
const ADHOC = new Map([
  ['a', BEFORE_COMMAND],
  ['args', BEFORE_COMMAND],
  ['m', '`drover task NAME PATTERN KEY=VALUE…` does one task.'],
  ['module-name', '`drover task NAME PATTERN KEY=VALUE…` does one task.'],
  ['list-hosts', '`drover hosts PATTERN` lists them.'],
]);

/** Whether a flag is only there or not. */
function isSwitch(name: string): boolean {
  return Object.values(FLAGS).some((flags: Flags) =>
    Object.entries(flags).some(([own, flag]) => flag.type === 'boolean' && [own, flag.alias].flat().includes(name)),
  );
}

function noCommand(word: string, argv: readonly string[]): DroverError {
  const [, of] = argv;
  if (word === 'help' && of !== undefined && isCommand(of)) return usageError('help is no command', helpOf(of));
  return misspelt(`there is no command ${word}`, nearest(word, Object.keys(FLAGS)));
}

function tooMuch(name: string, argv: readonly string[]): DroverError {
  const [first = ''] = argv;
  const word = argv.find((given) => given.replace(/^-+|=.*$/g, '') === name) ?? `-${name}`;
  if (!word.startsWith('-')) return usageError(`${word}: one argument too many`, isCommand(first) ? helpOf(first) : undefined);
  const adhoc = ADHOC.get(name) ?? (first === 'exec' ? BEFORE_COMMAND : undefined);
  if (adhoc !== undefined) return usageError(`there is no flag ${word} here`, adhoc);
  const isScan = first === 'hosts' && argv[1] === 'scan';
  const flags: Flags = isScan ? SCAN_FLAGS : isCommand(first) ? FLAGS[first] : {};
  const names = Object.entries(flags).flatMap(([own, { alias = [] }]) => [own, ...[alias].flat()]);
  const near = nearest(
    name,
    names.filter((flag) => flag.length > 1),
  );
  if (near === undefined && first === 'task')
    return usageError(`there is no flag ${word} here`, 'Params are written without dashes: name=value.');
  if (near === undefined && isCommand(first)) return usageError(`there is no flag ${word} here`, helpOf(first));
  return misspelt(`there is no flag ${word} here`, near === undefined ? undefined : `--${near}`);
}

function inOurWords(message: string): string {
  const [, given] = /^Not enough arguments following: (.+)$/.exec(message) ?? [];
  if (given !== undefined) return `${flagWord(given)} needs a value`;
  const [, missing] = /^Missing required arguments?: (.+)$/.exec(message) ?? [];
  if (missing !== undefined) return `${missing.split(', ').map(flagWord).join(' and ')} must be given`;
  const [, name = '', value, choices = ''] = /Argument: (\S+), Given: (".*"), Choices: (.*)$/m.exec(message) ?? [];
  if (value !== undefined) return `${isFlag(name) ? flagWord(name) : name} ${value}: it is one of ${choices.replaceAll('"', '')}`;
  if (message.startsWith('Not enough non-option arguments')) return 'an argument is missing';
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function flagWord(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function isFlag(name: string): boolean {
  return Object.values(FLAGS).some((flags: Flags) => Object.hasOwn(flags, name));
}

function misspelt(message: string, near: string | undefined): DroverError {
  return usageError(message, near === undefined ? undefined : `Did you mean ${near}?`);
}

function helpOf(command: Command): string {
  return `See \`drover ${command} --help\`.`;
}

function isCommand(word: string): word is Command {
  return Object.hasOwn(FLAGS, word);
}
