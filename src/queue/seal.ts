import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Seals what goes one way through one session, and opens what comes the other way. Base64. */
export interface Seal {
  readonly seal: (number: number, text: string) => string;
  /** Undefined where it was not sealed by the other side for this session, this way and this place. */
  readonly open: (number: number, box: string) => string | undefined;
}

/** Which end of a session somebody is. */
export type End = 'controller' | 'worker';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM under a key of the session's own: who has not the engine's key can neither read what goes through the server nor say
 * anything, and what was said once cannot be said again, in this session or in another one. `session` is unique; `challenge` is
 * fresh from the worker.
 */
export function sealFor(key: Buffer, end: End, session: string, challenge: string): Seal {
  const own = Buffer.from(hkdfSync('sha256', key, session, `drover session ${challenge}`, 32));
  const other: End = end === 'worker' ? 'controller' : 'worker';
  return {
    seal: (number, text) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', own, iv).setAAD(place(end, number));
      return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
    },
    open: (number, box) => {
      const bytes = Buffer.from(box, 'base64');
      if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', own, bytes.subarray(0, IV_BYTES)).setAAD(place(other, number));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/** Who says it, and as his how many-th. */
function place(end: End, number: number): Buffer {
  return Buffer.from(`${end} ${number}`);
}
