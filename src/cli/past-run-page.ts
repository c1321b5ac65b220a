import type { HostStory } from '../core/story.ts';
import { holderOf } from '../journal/folders.ts';
import { readJournal, readObject } from '../journal/reader.ts';
import { restoreChange } from '../journal/stored.ts';
import { type ChangeStory, storyOf } from '../journal/story.ts';
import { hostsLabel } from '../report/fold.ts';
import { timeText } from '../report/html-page.ts';
import type { PageChange, PageHost, RunPage } from '../report/run-page.ts';
import { countOf, duration } from '../report/summary.ts';
import { type PastRun, stateOf } from './past-run.ts';
import { changeOnPage } from './plan-page.ts';

/** The page of a run as its journal tells it so far. */
export function pastRunPage(past: PastRun): RunPage {
  const { folder, history } = past;
  const { start, stopped } = history;
  const story = storyOf(readJournal(folder.path));
  const addresses = new Map(start.hosts.map(({ name, connection }) => [name, addressOf(connection)]));
  const read = { folder: folder.path, isRunning: holderOf(folder.path) !== undefined };
  const hosts = story.hosts.map((host) => hostOf(host, addresses.get(host.name), read));
  return {
    title: `${start.command} ${start.name}`,
    state: stateOf(past),
    facts: factsOf(past, hosts),
    ...(stopped === undefined ? {} : { stopped }),
    waves: story.waves,
    hosts,
  };
}

function factsOf({ history }: PastRun, hosts: readonly PageHost[]): RunPage['facts'] {
  const { start, end, continued } = history;
  const rebooted = hosts.filter(({ steps }) => steps.some(({ changes }) => changes.some((one) => one.isReboot && one.end === 'done')));
  const standing = history.hosts.filter((host) => host.standing.length > 0);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['run', start.run],
    ['takes back', start.of],
    ['began', timeText(start.at)],
    ['ended', end && `${timeText(end.at)}, after ${duration(end.at - start.at)}`],
    ['gone on with', continued === 0 ? undefined : countOf(continued, 'time')],
    ['rebooted', labelOf(rebooted)],
    ['its changes stand on', labelOf(standing)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function labelOf(hosts: readonly { readonly name: string }[]): string | undefined {
  return hosts.length === 0 ? undefined : hostsLabel(hosts.map(({ name }) => name));
}

interface Recorded {
  readonly folder: string;
  readonly isRunning: boolean;
}

/** Of a run that was cut nobody knows how the running ones ended. */
function hostOf(
  { status, steps, ...host }: HostStory<ChangeStory>,
  address: string | undefined,
  { folder, isRunning }: Recorded,
): PageHost {
  return {
    ...host,
    ...(address === undefined ? {} : { address }),
    status: status === 'running' && !isRunning ? 'unknown' : status,
    steps: steps.map(({ changes, ...step }) => ({ ...step, changes: changes.map((change) => changeOf(change, folder)) })),
  };
}

function changeOf({ change, end, output }: ChangeStory, folder: string): PageChange {
  const said = output === undefined ? {} : { output };
  if (change.kind === 'secret')
    return { what: change.what, because: change.because, end, isReboot: false, isForGood: true, diff: [], ...said };
  return {
    ...changeOnPage(
      restoreChange(change, (digest) => readObject(folder, digest)),
      end,
    ),
    ...said,
  };
}

function addressOf(connection: unknown): string | undefined {
  const isNamed = typeof connection === 'object' && connection !== null && 'address' in connection;
  return isNamed && typeof connection.address === 'string' ? connection.address : undefined;
}
