import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { listening } from './ports.ts';

/** A way to a server that is long: what either side sends arrives one step later, and steps are counted, not timed. */
export interface FlightProxy {
  readonly port: number;
  /** Round trips since the first dial, with the one that TCP itself needs to connect. */
  readonly roundTrips: () => number;
  readonly close: () => Promise<void>;
}

/** What is on its way to one side. */
interface Side {
  readonly to: Socket;
  readonly chunks: Buffer[];
  isEnding: boolean;
}

/** Both sides must have been silent for this long before a step is made. On a busy machine that may count one flight as two, never two as one. */
const QUIET_MS = 120;

/**
 * A proxy that moves in steps of half a round trip: when both sides wait, all that they sent is delivered at once. Time that they
 * take to compute counts for nothing.
 */
export async function startFlightProxy(target: number, host = '127.0.0.1'): Promise<FlightProxy> {
  let steps = 0;
  const sockets: Socket[] = [];
  let isClosed = false;
  const server = createServer((client) => {
    client.setNoDelay(true);
    const upstream = new Socket();
    sockets.push(client, upstream);
    const toServer: Side = { to: upstream, chunks: [], isEnding: false };
    const toClient: Side = { to: client, chunks: [], isEnding: false };
    const held = [toServer, toClient];
    const step = () => {
      if (isClosed || held.every(({ chunks, isEnding }) => chunks.length === 0 && !isEnding)) return;
      steps += 1;
      // A server accepts half a round trip after its client has connected: with what the client sent at once.
      if (upstream.pending && !upstream.connecting) upstream.connect({ host, port: target, noDelay: true });
      for (const side of held) {
        for (const chunk of side.chunks.splice(0)) side.to.write(chunk);
        if (side.isEnding) side.to.end();
        side.isEnding = false;
      }
    };
    let timer = setTimeout(step, QUIET_MS);
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(step, QUIET_MS);
    };
    for (const [from, side] of [[client, toServer] as const, [upstream, toClient] as const]) {
      from.on('data', (chunk: Buffer) => {
        side.chunks.push(chunk);
        later();
      });
      from.on('end', () => {
        side.isEnding = true;
        later();
      });
      from.on('error', () => from.destroy());
    }
  });
  const port = await listening(server);
  return {
    port,
    roundTrips: () => 1 + steps / 2,
    close: async () => {
      isClosed = true;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
