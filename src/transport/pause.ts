import { setTimeout as wait } from 'node:timers/promises';

/** Waits, or until the signal. Never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
