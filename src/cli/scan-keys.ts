import { DroverError } from '../core/errors.ts';
import type { Host } from '../core/host.ts';
import type { Json } from '../core/json.ts';
import { forEachHost } from '../engine/fleet/for-each-host.ts';
import { errorLines } from '../report/error-text.ts';
import { hostsLabel } from '../report/fold.ts';
import { errorJson } from '../report/json.ts';
import { printable } from '../report/printable.ts';
import { countOf } from '../report/summary.ts';
import { tableLines } from '../report/table.ts';
import { type KeyScan, keyWords } from '../transport/scan.ts';
import { hostsFor } from './adhoc-hosts.ts';
import { confirm, hasTerminal } from './asking.ts';
import type { ScanArgs } from './command-flags.ts';
import type { Io } from './io.ts';
import { type Output, outputFor, refuse } from './output.ts';
import { type Reach, withReach } from './reach.ts';
import { refuseTooMany, usageError } from './usage.ts';

/** What a host showed, or why nothing is known of it. */
type Scanned = { readonly host: Host } & ({ readonly scan: KeyScan } | { readonly error: DroverError });
type New = { readonly host: Host; readonly scan: KeyScan };

const YES = 'Compare the fingerprints (-C only shows them), then use -y.';
const INTERRUPTED = 130;

/** `drover hosts scan [PATTERN]`: collects host keys, shows them, and adds them after one question. */
export async function scanCommand(args: ScanArgs & { readonly pattern?: string | undefined }, io: Io): Promise<number> {
  const hosts = hostsFor(args.pattern ?? 'all', args, io);
  if (!hosts.ok) return refuse(outputFor(args, io), hosts.mistakes);
  refuseTooMany(hosts.value.length, args['max-hosts']);
  if (args.yes !== true && args.check !== true && !hasTerminal())
    throw usageError('keys are not added without a yes, and there is no terminal to ask on', YES);
  return await withReach({ args, io, hosts: hosts.value }, async (reach) => {
    const { output } = reach;
    const scanned = await scanAll(hosts.value, reach);
    const fresh = scanned.flatMap((one) => ('scan' in one && one.scan.kind === 'new' ? [one] : []));
    if (output.format === 'human') tell(scanned, output);
    const isAdded = fresh.length > 0 && args.check !== true && (args.yes === true || (await confirm(question(fresh), YES)));
    if (isAdded) trust(fresh, reach);
    const isRefused = fresh.length > 0 && args.check !== true && !isAdded;
    const exit = reach.interrupt.stop.aborted || isRefused ? INTERRUPTED : scanned.some((one) => 'error' in one) ? 4 : 0;
    if (output.format !== 'human') output.json({ exit, hosts: scanned.map((one) => scannedJson(one, isAdded)) });
    return exit;
  });
}

async function scanAll(hosts: readonly Host[], { connector, concurrency, interrupt }: Reach): Promise<readonly Scanned[]> {
  const scan = async (host: Host): Promise<Scanned> => {
    try {
      return { host, scan: await connector.scan(host, interrupt.cut) };
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      return { host, error };
    }
  };
  const scanned = await forEachHost(hosts, scan, { concurrency, stop: () => interrupt.stop.aborted });
  return scanned.flatMap((one) => one ?? []);
}

function tell(scanned: readonly Scanned[], output: Output): void {
  const rows = scanned.flatMap((one) => {
    if ('error' in one) return [];
    const { host, scan } = one;
    return scan.keys.map((blob) => [host.name, host.connection.address, keyWords(blob).type, keyWords(blob).fingerprint, scan.kind]);
  });
  output.data(tableLines(['host', 'address', 'type', 'fingerprint', ''], rows, output.style.paint));
  for (const one of scanned) {
    if (!('error' in one)) continue;
    const { name } = one.host;
    output.talk([`${printable(name)}:`, ...errorLines(one.error, { host: name }, output.talkStyle).map((line) => `  ${line}`)]);
  }
  output.talk(clones(scanned));
}

/** Hosts at different addresses that hold one key were made of one image. */
function clones(scanned: readonly Scanned[]): readonly string[] {
  const holders = new Map<string, Host[]>();
  for (const one of scanned) {
    if (!('scan' in one)) continue;
    for (const blob of one.scan.keys) {
      const print = keyWords(blob).fingerprint;
      holders.set(print, [...(holders.get(print) ?? []), one.host]);
    }
  }
  const shared = [...holders.values()].filter(
    (hosts) => new Set(hosts.map(({ connection: { address, port } }) => `${address} ${port}`)).size > 1,
  );
  const labels = new Set(shared.map((hosts) => hostsLabel(hosts.map(({ name }) => name))));
  return [...labels].map((label) => `warning: ${printable(label)} hold the same host key; each host should have made its own`);
}

function question(fresh: readonly New[]): string {
  const keys = countOf(
    fresh.reduce((sum, { scan }) => sum + scan.keys.length, 0),
    'key',
  );
  const files = [...new Set(fresh.map(({ host }) => host.connection.knownHosts[0] ?? 'known_hosts'))];
  return `Add ${keys} of ${countOf(fresh.length, 'host')} to ${files.map(printable).join(', ')}?`;
}

function trust(fresh: readonly New[], { connector, output }: Reach): void {
  const files = new Set(fresh.map(({ host, scan }) => connector.trust(host, scan.keys)));
  output.talk([`the keys of ${countOf(fresh.length, 'host')} are in ${[...files].map(printable).join(', ')} now`]);
}

function scannedJson(one: Scanned, isAdded: boolean): Json {
  const { name, connection } = one.host;
  const about = { host: name, address: connection.address };
  if ('error' in one) return { ...about, status: 'failed', error: errorJson(one.error) };
  const status = one.scan.kind === 'new' && isAdded ? 'added' : one.scan.kind;
  return { ...about, status, keys: one.scan.keys.map((blob) => ({ ...keyWords(blob) })) };
}
