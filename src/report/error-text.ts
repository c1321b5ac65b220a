import type { DroverError, Where } from '../core/errors.ts';
import type { TextStyle } from './paint.ts';
import { printable } from './printable.ts';

/** An error for people: the place, what is wrong, and what to do. `known` leaves out parts of the place that are said already. */
export function errorLines(error: DroverError, known: Where, { paint }: TextStyle): readonly string[] {
  const { host, step, source } = error.where;
  const place = [
    host === known.host ? undefined : host,
    step === known.step ? undefined : step,
    source === known.source ? undefined : source,
  ]
    .filter((part) => part !== undefined)
    .map((part) => `${part}: `)
    .join('');
  const [first = '', ...rest] = error.message.split('\n');
  return [
    `${printable(place + first)} ${paint.dim(`[${error.code}]`)}`,
    ...rest.map((line) => `  ${printable(line)}`),
    paint.dim(`→ ${printable(error.hint)}`),
  ];
}
