import { connect } from 'node:net';
import { wireReader, wireString, wireType, wireU32 } from './ssh-wire.ts';

/** A key that the agent holds. */
export interface AgentKey {
  readonly blob: Buffer;
  readonly type: string;
  readonly comment: string;
}

/** What to sign with: the agent, one of its keys, and which hash an RSA key is to take. */
export interface AgentSigner {
  readonly socket: string;
  readonly blob: Buffer;
  readonly rsaHash?: 'sha256' | 'sha512';
}

// Message numbers and flags: draft-ietf-sshm-ssh-agent §6.
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const RSA_FLAGS = { sha256: 2, sha512: 4 } as const;

const LIST_LIMIT_MS = 5_000;
/** A person may have to touch a key or to agree in a window. */
const SIGN_LIMIT_MS = 60_000;
/** An agent says at most 256 kB (AGENT_MAX_LEN of OpenSSH's ssh-agent.c). */
const MAX_ANSWER = 256 * 1024;

/** The keys that an agent holds, of every type. Rejects with a plain Error where it cannot be asked. */
export async function agentKeys(socket: string): Promise<readonly AgentKey[]> {
  const answer = await ask(socket, Buffer.from([REQUEST_IDENTITIES]), LIST_LIMIT_MS);
  if (answer[0] !== IDENTITIES_ANSWER) throw new Error('the agent refuses to list its keys');
  const reader = wireReader(answer.subarray(1));
  return Array.from({ length: reader.u32() }, () => {
    const blob = reader.string();
    return { blob, type: wireType(blob), comment: reader.string().toString() };
  });
}

/** The agent's signature, whole: its algorithm and its value. */
export async function agentSign(signer: AgentSigner, data: Buffer): Promise<Buffer> {
  const flags = signer.rsaHash === undefined ? 0 : RSA_FLAGS[signer.rsaHash];
  const request = Buffer.concat([Buffer.from([SIGN_REQUEST]), wireString(signer.blob), wireString(data), wireU32(flags)]);
  const answer = await ask(signer.socket, request, SIGN_LIMIT_MS);
  if (answer[0] !== SIGN_RESPONSE) throw new Error('the agent refuses to sign');
  return wireReader(answer.subarray(1)).string();
}

function ask(path: string, request: Buffer, limitMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let got = Buffer.alloc(0);
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(limitMs, () => fail(new Error(`the agent does not answer within ${limitMs / 1000} s`)));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the agent hung up')));
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      const length = got.length < 4 ? undefined : got.readUInt32BE();
      if (length === undefined) return;
      if (length > MAX_ANSWER) return fail(new Error('the agent answers with nonsense'));
      if (got.length < 4 + length) return;
      resolve(got.subarray(4, 4 + length));
      socket.destroy();
    });
    // Not `end`: ssh-agent drops a client that closes its half, answered or not.
    socket.write(wireString(request));
  });
}
