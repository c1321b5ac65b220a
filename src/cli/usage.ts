import { DroverError } from '../core/errors.ts';

/** What was typed cannot be meant; the hint tells what can. */
export function usageError(message: string, hint?: string): DroverError {
  return new DroverError('USAGE', message, hint === undefined ? {} : { hint });
}

/** A flag's value as a whole number of at least `least`. */
export function countFlag(flag: string, value: string, least = 1): number {
  if (!/^\d{1,9}$/.test(value) || Number(value) < least) {
    throw usageError(`--${flag} ${JSON.stringify(value)}: not a whole number from ${least}`);
  }
  return Number(value);
}

/** A flag's value in seconds, as milliseconds. */
export function secondsFlag(flag: string, value: string): number {
  const seconds = Number(value.replace(/s$/, ''));
  if (!/^\d{1,6}(\.\d+)?s?$/.test(value) || seconds === 0) throw usageError(`--${flag} ${JSON.stringify(value)}: not a number of seconds`);
  return Math.round(seconds * 1000);
}

/** Holds --max-hosts. */
export function refuseTooMany(hosts: number, limit: string | undefined): void {
  if (limit === undefined || hosts <= countFlag('max-hosts', limit)) return;
  throw usageError(`${hosts} hosts are meant, and --max-hosts is ${limit}`, 'Narrow the hosts with -l, or raise --max-hosts.');
}
