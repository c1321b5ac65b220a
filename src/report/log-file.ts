import { closeSync, openSync, writeFileSync } from 'node:fs';
import pino from 'pino';
import { describe } from '../core/change.ts';
import type { Event, Listener } from '../core/events.ts';
import { isBad } from '../core/outcome.ts';
import { errorJson } from './json.ts';
import { printableJson } from './printable.ts';
import { hidden, type Scrub } from './scrub.ts';

/** A log of a run in a file: one JSON line an event. */
export interface LogFile {
  readonly listener: Listener;
  /** Writes what is still in memory, and lets go of the file. */
  readonly close: () => void;
}

const BLOCK_CHARS = 4096;

/** Opens the log; throws the file system's own error. Lines are added, secrets taken out. `onCut` is told why no more is added. */
export function openLogFile(path: string, scrub: Scrub, onCut: (why: string) => void): LogFile {
  const { write, close } = blockFile(path, onCut);
  const logger = pino({ base: { pid: process.pid }, timestamp: false, hooks: { streamWrite: printableJson } }, { write });
  return { listener: (event) => logger[levelOf(event)](hidden(fieldsOf(event), scrub), event.type), close };
}

/**
 * Written in blocks by this process itself: pino's worker threads would lose lines when the program ends (and cost 75 MB), and its own
 * files try a full disk again for ever, while nothing else goes on.
 */
function blockFile(path: string, onCut: (why: string) => void) {
  const file = openSync(path, 'a', 0o600);
  let waiting = '';
  let isCut = false;
  const flush = (): void => {
    const block = waiting;
    waiting = '';
    if (isCut || block === '') return;
    try {
      writeFileSync(file, block);
    } catch (error) {
      isCut = true;
      onCut((error as Error).message);
    }
  };
  const write = (line: string): void => {
    waiting += line;
    if (waiting.length >= BLOCK_CHARS) flush();
  };
  const close = (): void => {
    flush();
    closeSync(file);
  };
  return { write, close };
}

function levelOf(event: Event): 'info' | 'error' {
  if (event.type === 'host ended') return isBad(event.outcome.status) ? 'error' : 'info';
  return event.type === 'stopped' || (event.type === 'change ended' && !event.ok) ? 'error' : 'info';
}

function fieldsOf(event: Event): Readonly<Record<string, unknown>> {
  const { type: _, at, ...rest } = event;
  const time = { time: at };
  switch (event.type) {
    case 'host planned':
      return { ...time, host: event.host, plans: event.plans.map(({ number, plan }) => `${number} ${plan.status}`) };
    case 'act begun':
      return { ...time, host: event.host, back: event.back, steps: event.steps.map(({ number, name }) => `${number} ${name}`) };
    case 'change started':
    case 'change ended':
      return { ...time, ...rest, change: describe(event.change) };
    case 'host ended': {
      const { host, status, error, looks, acts, durationMs } = event.outcome;
      return { ...time, host, status, looks, acts, durationMs, ...(error === undefined ? {} : { error: errorJson(error) }) };
    }
    default:
      return { ...time, ...rest };
  }
}
