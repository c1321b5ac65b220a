import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';

/** The name of the socket in a run's folder. */
export const SOCKET = 'control.sock';

/** sun_path of sockaddr_un, less the zero at its end: 107 bytes on Linux (unix(7)), 103 on the BSDs. Node cuts off what is longer. */
const LONGEST = 103;

/** Where to bind or dial the socket of a folder; `release` when that is done with. */
export interface Address {
  readonly path: string;
  readonly release: () => void;
}

/** The address of a folder's socket. A long one goes through the folder's descriptor, and lasts as long as that is open. */
export function addressIn(folder: string): Address {
  const path = join(folder, SOCKET);
  if (Buffer.byteLength(path) <= LONGEST) return { path, release: () => {} };
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${fd}/${SOCKET}`, release: () => closeSync(fd) };
}
