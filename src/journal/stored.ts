import { type Change, describe } from '../core/change.ts';
import type { FileImage } from '../core/file.ts';
import type { Settling } from '../core/settling.ts';
import type { StoredChange, StoredImage } from './record.ts';

/** Takes secrets out of whatever is handed to it; gives back the same text where there was none. */
export type Conceal = (text: string) => string;

/** Text up to this many characters stands in the record itself: files of their own were half of what a journal costs. */
const SMALL = 512;

/** How a change is kept: large file contents under their digest, and nothing of it that is secret. */
export function storeChange(change: Change, { keep, conceal }: { keep: (bytes: Buffer) => string; conceal: Conceal }): StoredChange {
  const isSecret = (change.kind !== 'settle' && change.sensitive === true) || holdsSecret(change, conceal);
  if (isSecret) return { kind: 'secret', what: conceal(describe(change)), because: conceal(change.because) };
  switch (change.kind) {
    case 'write': {
      const image = (file: FileImage | undefined) => (file === undefined ? null : storeImage(file, keep));
      const { path, because } = change;
      return { kind: 'write', path, before: image(change.before), after: image(change.after), because };
    }
    case 'run': {
      const { argv, undo, because, touches, timeoutMs } = change;
      const kept = typeof undo === 'string' ? undo : words(undo);
      return {
        kind: 'run',
        argv: words(argv),
        undo: kept,
        because,
        touches: [...touches],
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      };
    }
    case 'settle':
      return { kind: 'settle', settling: { ...change.settling }, because: change.because, touches: [...change.touches] };
    default:
      return change satisfies never;
  }
}

/** The change again. `read` gives the bytes of a digest. Of a secret one nothing is left. */
export function restoreChange(change: Exclude<StoredChange, { kind: 'secret' }>, read: (digest: string) => Buffer): Change {
  switch (change.kind) {
    case 'write': {
      const image = (file: StoredImage | null) => (file === null ? undefined : restoreImage(file, read));
      return { ...change, before: image(change.before), after: image(change.after) };
    }
    case 'run': {
      const { timeoutMs, ...rest } = change;
      return { ...rest, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    }
    case 'settle':
      return { ...change, settling: change.settling as unknown as Settling };
    default:
      return change satisfies never;
  }
}

function storeImage({ content, ...file }: FileImage, keep: (bytes: Buffer) => string): StoredImage {
  if (content.length <= SMALL) return { content, ...file };
  return { digest: keep(Buffer.from(content, file.encoding ?? 'utf8')), ...file };
}

function restoreImage(stored: StoredImage, read: (digest: string) => Buffer): FileImage {
  const { encoding, mode, owner, group } = stored;
  const content = 'content' in stored ? stored.content : read(stored.digest).toString(encoding ?? 'utf8');
  return { content, ...(encoding === undefined ? {} : { encoding }), mode, owner, group };
}

function words([program, ...args]: readonly [string, ...string[]]): [string, ...string[]] {
  return [program, ...args];
}

function holdsSecret(value: unknown, conceal: Conceal): boolean {
  if (typeof value === 'string') return conceal(value) !== value;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, item]) => holdsSecret(name, conceal) || holdsSecret(item, conceal));
}

/** Whether nothing in it is secret. */
export function isOpen(value: unknown, conceal: Conceal): boolean {
  return !holdsSecret(value, conceal);
}
