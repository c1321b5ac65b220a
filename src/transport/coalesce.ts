import type { Socket } from 'node:net';

/**
 * Sends what is written in one turn of the event loop as one packet. ssh2 writes each of its messages in two parts, the second
 * being the cipher's tag, and TCP_NODELAY would make a packet of each: twice the system calls here and twice the wake-ups there.
 */
export function coalesceWrites(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const uncork = (): void => socket.uncork();
  socket.write = ((...args: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(uncork);
    }
    return write(...args);
  }) as Socket['write'];
  return socket;
}
