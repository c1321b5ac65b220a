import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** Lets a server listen on loopback, on a port that was free; yields the port. */
export async function listening(server: Pick<Server, 'listen' | 'address'> & NodeJS.EventEmitter): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
