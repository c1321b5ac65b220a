import { DroverError } from '../core/errors.ts';
import { type Probe, recover } from '../core/probe.ts';

/** The probe, with `unknown` in place of what the host would not let us read. */
export function orUnknown<T>(probe: Probe<T>): Probe<T | 'unknown'> {
  return recover<T | 'unknown'>(probe, (error) => {
    if (error instanceof DroverError) return 'unknown';
    throw error;
  });
}
