import { hostname, userInfo } from 'node:os';
import { DroverError } from '../core/errors.ts';
import type { Host } from '../core/host.ts';
import type { Holder, LeaseTerms } from '../core/lease.ts';
import type { Work } from '../core/work.ts';
import { withSession } from '../engine/fleet/fleet.ts';
import { forEachHost } from '../engine/fleet/for-each-host.ts';
import { watch } from '../engine/look/ask.ts';
import { errorLines } from '../report/error-text.ts';
import { errorJson } from '../report/json.ts';
import { printable } from '../report/printable.ts';
import { duration } from '../report/summary.ts';
import { tableLines } from '../report/table.ts';
import { hostsFor } from './adhoc-hosts.ts';
import type { Args } from './command-flags.ts';
import type { Io } from './io.ts';
import { type Output, outputFor, refuse } from './output.ts';
import { type Reach, withReach } from './reach.ts';
import type { RunRecord } from './run-record.ts';
import { refuseTooMany, secondsFlag, usageError } from './usage.ts';

/** How a run meets hosts that others hold. */
export type Locks = Pick<LeaseTerms, 'waitMs' | 'breaks'>;

/** What the flags say of held hosts. */
export function locksOf(args: { readonly 'wait-lock'?: string | undefined; readonly 'break-lock'?: string | undefined }): Locks {
  const { 'wait-lock': wait, 'break-lock': breaks } = args;
  if (breaks !== undefined && breaks.trim() === '')
    throw usageError('--break-lock: no reason was given', 'Say why: it goes into the journal.');
  return { waitMs: wait === undefined || wait === '0' ? 0 : secondsFlag('wait-lock', wait), ...(breaks === undefined ? {} : { breaks }) };
}

/** What a run on record says to the hosts that it holds. */
export function leaseTerms(
  { run, heirTo }: RunRecord,
  { name }: Work,
  { output, locks }: { readonly output: Output; readonly locks: Locks },
): LeaseTerms {
  return { run, heirTo: [run, ...heirTo], owner: `${userName()}@${hostname()}`, reason: output.scrub(name), ...locks };
}

/** A number where it has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'somebody');
  }
}

/** Who holds a host, or why that is not known. */
type Lock = { readonly host: string } & ({ readonly holder: Holder | undefined } | { readonly error: DroverError });

/** `drover locks [PATTERN]`: which runs hold which hosts. */
export async function locksCommand(args: Args<'locks'> & { readonly pattern?: string | undefined }, io: Io): Promise<number> {
  const hosts = hostsFor(args.pattern ?? 'all', args, io);
  if (!hosts.ok) return refuse(outputFor(args, io), hosts.mistakes);
  refuseTooMany(hosts.value.length, args['max-hosts']);
  return await withReach({ args, io, hosts: hosts.value }, async (reach) => {
    const locks = await locksAt(hosts.value, reach);
    const unseen = locks.some((one) => 'error' in one);
    const exit = reach.interrupt.stop.aborted ? 130 : unseen ? 4 : 0;
    if (reach.output.format === 'human') tell(locks, reach.output);
    else reach.output.json({ exit, hosts: locks.map(lockJson) });
    return exit;
  });
}

async function locksAt(hosts: readonly Host[], { concurrency, interrupt, connector, limits }: Reach): Promise<readonly Lock[]> {
  const see = async (host: Host): Promise<Lock> => {
    try {
      const { lease } = await withSession(host, { connect: connector.connect, concurrency, interrupt }, (session) =>
        watch(session, [], { limits }),
      );
      return { host: host.name, holder: lease.holder };
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      return { host: host.name, error: error.at({ host: host.name }) };
    }
  };
  const seen = await forEachHost(hosts, see, { concurrency, stop: () => interrupt.stop.aborted });
  return seen.filter((one) => one !== undefined);
}

function tell(locks: readonly Lock[], output: Output): void {
  const rows = locks.flatMap((one) => {
    if ('error' in one || one.holder === undefined) return [];
    const { run, owner, reason, seconds, isActing } = one.holder;
    return [[one.host, owner, run, reason, isActing ? 'acting' : `for ${duration(seconds * 1000)}`]];
  });
  if (rows.length > 0) output.data(tableLines(['host', 'owner', 'run', 'reason', 'held'], rows, output.style.paint));
  else output.talk(['no host is held']);
  for (const one of locks) {
    if (!('error' in one)) continue;
    output.talk([`${printable(one.host)}:`, ...errorLines(one.error, { host: one.host }, output.talkStyle).map((line) => `  ${line}`)]);
  }
}

function lockJson(lock: Lock) {
  if ('error' in lock) return { host: lock.host, error: errorJson(lock.error) };
  return { host: lock.host, ...(lock.holder === undefined ? {} : { holder: { ...lock.holder } }) };
}
