import { LONGEST_TIMER_MS } from '../../core/timer.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A time with its unit, in milliseconds. */
export function parseTime(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+)(\w+)$/.exec(text) ?? [];
  return Number(amount) * (UNITS[unit] ?? 0);
}

export const TOO_LONG = 'a time is at most 24 days';

/** Whether a time can be waited for. */
export function canWait(text: string): boolean {
  return parseTime(text) <= LONGEST_TIMER_MS;
}
