import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { addressIn, SOCKET } from './address.ts';
import { type Answer, CONTROL_VERSION, parseRequest, type Request } from './protocol.ts';

/** A request is far shorter; who sends more is cut off. */
const MOST_BYTES = 4096;
const IDLE_MS = 30_000;

/** Answers requests at the socket of a run's folder until it is closed. Rejects where the folder cannot have one. */
export async function serveControl(folder: string, answer: (request: Request) => Omit<Answer, 'drover control'>): Promise<() => void> {
  const path = join(folder, SOCKET);
  // Whoever serves holds the run: what lies there was left by a process that is gone.
  rmSync(path, { force: true });
  const address = addressIn(folder);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    converse(socket, (line) => {
      const request = parseRequest(line);
      return typeof request === 'string' ? { ok: false, because: request } : answer(request);
    });
  });
  try {
    await listening(server, address.path);
    chmodSync(path, 0o600);
  } catch (error) {
    server.close();
    address.release();
    throw error;
  }
  return () => {
    for (const socket of sockets) socket.destroy();
    // It takes the socket away by its address, which has to hold until then.
    server.close(() => address.release());
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      // One that cannot be let in is that one's trouble.
      server.on('error', () => {});
      resolve();
    });
  });
}

/** Answers line by line. */
function converse(socket: Socket, answerTo: (line: string) => Omit<Answer, 'drover control'>): void {
  let heard = '';
  socket.setEncoding('utf8');
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    const lines = (heard + chunk).split('\n');
    heard = lines.pop() ?? '';
    for (const line of lines) socket.write(`${JSON.stringify({ 'drover control': CONTROL_VERSION, ...answerTo(line) })}\n`);
    if (heard.length > MOST_BYTES) socket.destroy();
  });
}
