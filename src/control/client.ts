import { createConnection } from 'node:net';
import { DroverError } from '../core/errors.ts';
import { type Address, addressIn } from './address.ts';
import { type Answer, CONTROL_VERSION, parseAnswer, type Request } from './protocol.ts';

const ANSWER_MS = 10_000;
/** Nobody is there: no socket or no folder, one that a killed process left, or one that went away just now. */
const NOBODY: readonly (string | undefined)[] = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'];

/** Asks the process that conducts a run; undefined where there is none. Throws CONTROL_SILENT where it does not answer. */
export async function askControl(folder: string, request: Omit<Request, 'drover control'>): Promise<Answer | undefined> {
  let address: Address;
  try {
    address = addressIn(folder);
  } catch (error) {
    if (isNobody(error)) return undefined;
    throw silent(folder, error);
  }
  try {
    const line = await exchanged(address.path, `${JSON.stringify({ 'drover control': CONTROL_VERSION, ...request })}\n`);
    if (line === undefined) return undefined;
    const answer = parseAnswer(line);
    if (answer === undefined) throw silent(folder, new Error('what it says is not understood'));
    return answer;
  } catch (error) {
    if (isNobody(error)) return undefined;
    throw error instanceof DroverError ? error : silent(folder, error);
  } finally {
    address.release();
  }
}

/** The line that comes back; undefined where the other side ends without one. */
function exchanged(path: string, text: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = createConnection(path, () => socket.write(text));
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
    socket.on('error', reject);
    socket.on('close', () => resolve(undefined));
    socket.on('data', (chunk: string) => {
      heard += chunk;
      const end = heard.indexOf('\n');
      if (end < 0) return;
      resolve(heard.slice(0, end));
      socket.destroy();
    });
  });
}

function isNobody(error: unknown): boolean {
  return NOBODY.includes((error as NodeJS.ErrnoException).code);
}

function silent(folder: string, cause: unknown): DroverError {
  if (!(cause instanceof Error)) throw cause;
  return new DroverError('CONTROL_SILENT', `${folder}: the run does not answer: ${cause.message}`, { cause });
}
