import { setImmediate } from 'node:timers/promises';
import yargs, { type Argv } from 'yargs';
import { DroverError } from '../core/errors.ts';
import { errorLines } from '../report/error-text.ts';
import { errorJson } from '../report/json.ts';
import { printableLines } from '../report/printable.ts';
import { SINGLE } from './command-flags.ts';
import { declareCommands } from './commands.ts';
import type { Io } from './io.ts';
import { outputFor } from './output.ts';
import { usageError } from './usage.ts';
import { refuseOddWords, usageOf } from './usage-words.ts';

const EPILOGUE = `Exit status: 0 all as wanted · 2 a host failed · 3 changes pending (--detailed-exitcode, a reboot, a declined step) · 4 a host unreachable or unknown
5 usage, inventory, pattern or playbook (nothing was dialled) · 6 stopped by its budget or gate · 7 a lock is held · 8 the plan is stale · 130 interrupted · 1 a bug`;

/** Runs the program; the exit status. A result that could not be printed is none. */
export async function main(io: Io, version: string): Promise<number> {
  const exit = await attempt(io, version);
  // Streams tell their trouble a turn later.
  await setImmediate();
  const why = io.out.lost();
  if (why === undefined) return exit;
  io.talk.lines([`what was printed on stdout is not whole: ${why}`]);
  return exit === 0 ? 1 : exit;
}

async function attempt(io: Io, version: string): Promise<number> {
  try {
    refuseOddWords(io.argv);
    return await chosen(declareCommands(base(io, version), io, choose));
  } catch (error) {
    return report(error, io, version);
  }
}

/** A command was called. Thrown, for behind a command that returns yargs lays out its help, which takes longer than all other parsing. */
class Choice extends Error {
  readonly run: () => Promise<number>;

  constructor(run: () => Promise<number>) {
    super('a command was called');
    this.run = run;
  }
}

function choose(run: () => Promise<number>): never {
  throw new Choice(run);
}

/** The exit status of the command that is called; 0 for help, version and completion. */
async function chosen(program: Argv): Promise<number> {
  try {
    await program.parseAsync();
    return 0;
  } catch (error) {
    if (error instanceof Choice) return await error.run();
    throw error;
  }
}

function base(io: Io, version: string): Argv {
  return yargs([...io.argv])
    .scriptName('drover')
    .locale('en')
    .usage('$0 COMMAND …\n\nDrives a fleet of Linux hosts to a described state over SSH, canary first.')
    .parserConfiguration({
      'populate--': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'greedy-arrays': false,
    })
    .strict()
    .demandCommand(1, 'no command was given')
    .check((args) => onlyOnce(args))
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof DroverError ? error : usageOf(message ?? error.message, io.argv);
    })
    .completion('completion', 'print a completion script for bash or zsh')
    .version(version)
    .alias({ help: 'h' })
    .wrap(Math.min(120, io.out.stream.columns ?? 100))
    .epilogue(EPILOGUE);
}

/** A flag that takes one value and was given two would be an array, which nobody expects. */
function onlyOnce(args: Readonly<Record<string, unknown>>): true {
  for (const [name, value] of Object.entries(args)) {
    if (Array.isArray(value) && SINGLE.includes(name)) throw usageError(`--${name} was given more than once`);
  }
  return true;
}

/** What a failure says: its place and what to do; of a bug, where it is and that we want to hear of it. */
function report(error: unknown, io: Io, version: string): number {
  const machine = io.argv.some((word) => /^(--format=)?(nd)?json$/.test(word));
  const output = outputFor({ format: machine ? 'ndjson' : 'human', verbose: 0 }, io);
  if (error instanceof DroverError) {
    if (machine) output.json({ exit: error.exit, error: errorJson(error) });
    else output.talk(errorLines(error, {}, output.talkStyle));
    return error.exit;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  output.talk([...printableLines(stack), `This is a bug in drover ${version}. Please report it, with the lines above.`]);
  return 1;
}
