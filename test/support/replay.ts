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

function textOf(name: string): FixtureText {
  return parse(readFileSync(`${FOLDER}/${name}.yaml`, 'utf8'));
}

/** A fixture, with the one that it is `like` below it. */
export function recordedHost(name: string): RecordedHost {
  const { note, like, readings } = textOf(name);
  const whole = Object.entries(readings).map(([key, reading]) => [key, { stdout: '', stderr: '', ...reading }] as const);
  return { note, readings: { ...(like === undefined ? {} : recordedHost(like).readings), ...Object.fromEntries(whole) } };
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
