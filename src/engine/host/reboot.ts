import { run } from '../../core/change.ts';
import { DroverError } from '../../core/errors.ts';
import { file } from '../../core/file.ts';
import type { RebootReceipt } from '../../core/outcome.ts';
import { all, command, map, type Probe } from '../../core/probe.ts';
import type { Session } from '../../core/session.ts';
import type { Reboot } from '../../core/settling.ts';
import { type ActClaim, act } from '../act/act.ts';
import { answer, look } from '../look/ask.ts';
import type { HostOptions, Rebooting } from './progress.ts';

/** How a reboot ended: with a new boot, the old one still there, or nobody knows. */
export type RebootEnd =
  | { readonly status: 'back'; readonly session: Session; readonly said: string; readonly proof: RebootProof }
  | { readonly status: 'not done' | 'unseen'; readonly error: DroverError; readonly proof?: RebootProof };

/** What proves it; absent where the host was not told to. */
type RebootProof = Pick<RebootReceipt, 'before' | 'after' | 'ms'>;

/** Servers check their memory and their controllers for many minutes before they boot. */
const TIMEOUT_MS = 900_000;
/** In this time a host that goes down has begun to: its systemd says `stopping`, or it no longer answers. */
const GRACE_MS = 120_000;
const POLL_MS = 3_000;

/** A boot's own mark, which each kernel makes anew (random(4)), and how far systemd has come with it. */
interface LifeSign {
  readonly boot: string;
  readonly state: string;
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** What tells one boot from another. Throws STATE_UNREADABLE: two boots without a mark would be one, or any two of them two. */
export const lifeSign: Probe<LifeSign> = map(
  all({ boot: file(BOOT_ID), state: command('systemctl', 'is-system-running') }),
  ({ boot = '', state }) => {
    if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\n?$/.test(boot)) {
      throw new DroverError('STATE_UNREADABLE', `${BOOT_ID} holds no UUID: ${JSON.stringify(boot.slice(0, 40))}`);
    }
    return { boot: boot.trim(), state: state.stdout.trim() };
  },
);

/** What a reboot is given. `begin` is told before the host. */
export interface RebootOptions extends HostOptions {
  readonly rebooting: Rebooting;
  readonly begin: () => Promise<void>;
  readonly claim?: ActClaim;
}

/** In a session of its own, so that the end of ours does not end it; later, so that we hear of its start. */
const TRIGGER = `setsid sh -c 'sleep 1; if [ -d /run/systemd/system ]; then exec systemctl reboot; else exec reboot; fi' </dev/null >/dev/null 2>&1 &`;

/** Reboots the host and waits until another boot of it answers. Never throws for the host's trouble. */
export async function rebootHost(session: Session, { timeoutMs = TIMEOUT_MS }: Reboot, options: RebootOptions): Promise<RebootEnd> {
  const { limits } = options;
  let before: LifeSign;
  try {
    before = await signOf(session, options);
  } catch (error) {
    return { status: 'not done', error: known(error) };
  }
  const trigger = run(['sh', '-c', TRIGGER], { undo: 'impossible', because: 'it is asked for', touches: ['*'] });
  const acted = await act(session, [{ number: 0, changes: [trigger] }], {
    limits,
    listener: { started: () => {}, ended: () => {} },
    begin: options.begin,
    ...(options.claim === undefined ? {} : { lease: options.claim }),
  });
  const refused = acted.steps[0]?.error ?? (acted.untouched ? acted.error : undefined);
  if (refused !== undefined) return { status: 'not done', error: refused };
  await session.close();
  return await awaitBoot(before, timeoutMs, options);
}

/** Polls until another boot is there. A host that is away says nothing, and so do login and look while it goes down or comes up. */
async function awaitBoot(before: LifeSign, timeoutMs: number, options: RebootOptions): Promise<RebootEnd> {
  const { rebooting } = options;
  const from = rebooting.elapsed();
  const away = (): number => Math.round(rebooting.elapsed() - from);
  let seen: string | undefined;
  let trouble = '';
  let session: Session | undefined;
  let bootedAt: number | undefined;
  while (away() < timeoutMs && !rebooting.cut.aborted) {
    await rebooting.pause(POLL_MS);
    try {
      session ??= await rebooting.reconnect();
      const sign = await signOf(session, options);
      seen = `${sign.state || 'up'}, boot ${sign.boot}`;
      trouble = '';
      if (sign.boot !== before.boot) {
        bootedAt ??= away();
        // A unit that never comes up does not make it another boot.
        if (isUp(sign) || away() - bootedAt > GRACE_MS) return back(session, { before: before.boot, after: sign.boot, ms: away() });
      } else if (sign.state !== 'stopping' && away() > GRACE_MS) {
        return notDone(before, away());
      }
    } catch (error) {
      const { code, message } = known(error);
      trouble = `, last: ${message}`;
      // Another machine answers at the address; it must not be sent a thing.
      if (code === 'HOST_KEY_CHANGED' || code === 'HOST_KEY_UNKNOWN') break;
      await session?.close();
      session = undefined;
    }
  }
  const why = rebooting.cut.aborted
    ? 'the run was interrupted while the host rebooted'
    : `the host did not come back within ${took(away())}`;
  return {
    status: 'unseen',
    proof: { before: before.boot, ms: away() },
    error: new DroverError('REBOOT_UNSEEN', `${why}; ${seen === undefined ? 'never seen since' : `last seen: ${seen}`}${trouble}`),
  };
}

function back(session: Session, proof: RebootProof): RebootEnd {
  return { status: 'back', session, said: `${took(proof.ms)}, boot ${proof.after}`, proof };
}

/** systemctl(1): until `starting` is over, units are still on their way up. */
function isUp({ state }: LifeSign): boolean {
  return state !== 'initializing' && state !== 'starting';
}

function notDone({ boot }: LifeSign, ms: number): RebootEnd {
  return {
    status: 'not done',
    proof: { before: boot, ms },
    error: new DroverError('REBOOT_FAILED', `the host did not go down within ${took(ms)}: it still has boot ${boot}`),
  };
}

async function signOf(session: Session, { limits }: HostOptions): Promise<LifeSign> {
  return answer(lifeSign, await look(session, lifeSign.reads, limits));
}

function known(error: unknown): DroverError {
  if (error instanceof DroverError) return error;
  throw error;
}

function took(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
