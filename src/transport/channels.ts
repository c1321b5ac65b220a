import type { Client, ClientChannel } from 'ssh2';
import type { ExchangeEnd } from './exchange.ts';
import { pause } from './pause.ts';
import { type ExecRequest, openChannel, remoteVersion, requestExec } from './ssh2-internals.ts';

/** A line to run on a channel of its own. */
export interface ChannelRun {
  readonly line: string;
  /** What goes on on the channel, from its first turn to its last. */
  readonly use: (channel: ClientChannel) => Promise<ExchangeEnd>;
  /** How long the host may take to open the channel. */
  readonly openLimitMs: number;
}

/** Hands out channels of one connection. */
export interface Channels {
  readonly run: (run: ChannelRun) => Promise<ExchangeEnd>;
}

interface State {
  readonly client: Client;
  isFirst: boolean;
  isGone: boolean;
  /** Opened before it is needed: the next command then goes out at once, and nothing runs on the host meanwhile. */
  spare: Promise<ClientChannel | undefined> | undefined;
  mayHaveSpare: boolean;
}

/** How often a host that has too many sessions open is asked again, with a growing pause. */
const OPEN_TRIES = 7;

/** The channels of a connection. */
export function channelsOf(client: Client): Channels {
  const state: State = { client, isFirst: true, isGone: false, spare: undefined, mayHaveSpare: true };
  client.on('end', () => {
    state.isGone = true;
  });
  client.on('close', () => {
    state.isGone = true;
  });
  return {
    run: async (run) => {
      for (let tries = 1; tries <= OPEN_TRIES; tries++) {
        const end = await attempt(state, run);
        if (end !== 'try again') return end;
        await pause(50 * 2 ** tries);
      }
      return { kind: 'refused' };
    },
  };
}

async function attempt(state: State, { line, use, openLimitMs }: ChannelRun): Promise<ExchangeEnd | 'try again'> {
  const taken = state.spare;
  state.spare = undefined;
  const spare = await taken;
  if (state.isGone) return { kind: 'lost' };
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      resolve({ kind: 'silent' });
    }, openLimitMs);
    const begin = (channel: ClientChannel) => {
      clearTimeout(timer);
      if (isLate) channel.close();
      else use(channel).then(resolve, reject);
    };
    const request: ExecRequest = { line, onRefused: () => resolve({ kind: 'refused' }) };
    if (spare === undefined)
      return openFor(state, request, {
        begin,
        onError: (error) => {
          clearTimeout(timer);
          resolve(state.isGone ? { kind: 'lost' } : isShortage(error) ? 'try again' : { kind: 'refused' });
        },
      });
    requestExec(state.client, spare, request);
    begin(spare);
    state.spare = openSpare(state);
  });
}

interface Opening {
  readonly begin: (channel: ClientChannel) => void;
  readonly onError: (error: Error) => void;
}

function openFor(state: State, request: ExecRequest, { begin, onError }: Opening): void {
  const ahead = state.isFirst && numbersFromZero(state.client);
  openChannel(state.client, {
    onError,
    onOpen: (channel) => {
      // The request goes first: some hosts take input at once, and would take it for a command that is not there yet.
      if (!ahead) requestExec(state.client, channel, request);
      begin(channel);
    },
    ...(ahead ? { ahead: request } : {}),
  });
  if (state.isFirst) state.spare = openSpare(state);
  state.isFirst = false;
}

/** 2 is what OpenSSH says over MaxSessions ("open failed"); 4 is a resource shortage (RFC 4254 §5.1). */
function isShortage({ reason }: Error & { readonly reason?: unknown }): boolean {
  return reason === 2 || reason === 4;
}

/** These give a connection's first channel the number 0, so that its command can be sent before the answer. */
function numbersFromZero(client: Client): boolean {
  return /^(OpenSSH|dropbear)_/.test(remoteVersion(client));
}

function openSpare(state: State): Promise<ClientChannel | undefined> | undefined {
  if (!state.mayHaveSpare) return undefined;
  return new Promise((resolve) => {
    const onError = () => {
      // A host that allows few sessions: do without.
      state.mayHaveSpare = false;
      resolve(undefined);
    };
    openChannel(state.client, { onOpen: resolve, onError });
  });
}
