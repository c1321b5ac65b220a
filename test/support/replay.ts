import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Probe, type Reading, type Readings, readKey } from '../../src/core/probe.ts';

const FOLDER = 'test/fixtures/hosts';

/** What a host answered, and where that comes from. */
export interface RecordedHost {
  readonly note: string;
  readonly readings: Readings;
}

interface FixtureText {
  readonly note: string;
  /** A fixture that this one differs from only in the readings below. */
  readonly like?: string;
  readonly readings: Readonly<Record<string, Partial<Reading> & { readonly status: number }>>;
}

/** The names of all fixtures. */
export function recordedHosts(): readonly string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.yaml$/, ''));
}

/** The fixture that another one is `like`. */
export function baseOf(name: string): string | undefined {
  return textOf(name).like;
}

// To read YAML takes ten times as long as to plan. All tests share what was read, so it is frozen.
const texts = new Map<string, FixtureText>();
const hosts = new Map<string, RecordedHost>();

function textOf(name: string): FixtureText {
  const text: FixtureText = texts.get(name) ?? parse(readFileSync(`${FOLDER}/${name}.yaml`, 'utf8'));
  texts.set(name, text);
  return text;
}

/** A fixture, with the one that it is `like` below it. */
export function recordedHost(name: string): RecordedHost {
  const host = hosts.get(name) ?? deepFrozen(layOut(textOf(name)));
  hosts.set(name, host);
  return host;
}

function layOut({ note, like, readings }: FixtureText): RecordedHost {
  const whole = Object.entries(readings).map(([key, reading]) => [key, { stdout: '', stderr: '', ...reading }] as const);
  return { note, readings: { ...(like === undefined ? {} : recordedHost(like).readings), ...Object.fromEntries(whole) } };
}

/** The value, which nobody can change any more, in no part of it. */
export function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFrozen);
  }
  return value;
}

/** What a probe makes of a recorded host. A read that was not recorded is an error: record the host again. */
export function replay<T>(probe: Probe<T>, { readings }: Pick<RecordedHost, 'readings'>): T {
  return probe.parse(
    probe.reads.map((read) => {
      const found = readings[readKey(read)];
      if (found === undefined) throw new RangeError(`the fixture has no reading of: ${readKey(read)}`);
      return found;
    }),
  );
}
