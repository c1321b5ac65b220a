import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** An agent that holds one FIDO key, made in software: hosts cannot tell. */
export interface FidoAgent {
  readonly socket: string;
  /** The line for authorized_keys. */
  readonly publicKey: string;
  /** How often a person would have had to touch the key. */
  readonly touches: () => number;
  readonly close: () => Promise<void>;
}

const TYPE = 'sk-ssh-ed25519@openssh.com';
const APPLICATION = 'ssh:';

/** Starts it on this socket. Formats: OpenSSH's PROTOCOL.u2f and PROTOCOL.agent. */
export async function startFidoAgent(socket: string): Promise<FidoAgent> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = Buffer.concat([TYPE, raw, APPLICATION].map(field));
  let touches = 0;
  const answer = (request: Buffer): Buffer => {
    if (request[0] === 11) return Buffer.concat([Buffer.from([12, 0, 0, 0, 1]), field(blob), field('software key')]);
    touches += 1;
    const data = readField(request, 5 + request.readUInt32BE(1));
    const flagsAndCounter = Buffer.from([1, 0, 0, 0, touches]);
    const signed = sign(null, Buffer.concat([sha256(Buffer.from(APPLICATION)), flagsAndCounter, sha256(data)]), privateKey);
    return Buffer.concat([Buffer.from([14]), field(Buffer.concat([field(TYPE), field(signed), flagsAndCounter]))]);
  };
  const server = createServer((client) => {
    let got = Buffer.alloc(0);
    client.on('error', () => undefined);
    client.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      if (got.length >= 4 && got.length >= 4 + got.readUInt32BE(0)) client.write(field(answer(readField(got, 0))));
    });
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    socket,
    publicKey: `${TYPE} ${blob.toString('base64')} software`,
    touches: () => touches,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function readField(data: Buffer, at: number): Buffer {
  return data.subarray(at + 4, at + 4 + data.readUInt32BE(at));
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
