import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DroverError } from '../../src/core/errors.ts';
import type { Connection, Secrets } from '../../src/core/host.ts';
import { connector } from '../../src/transport/connector.ts';
import { hostOf, makeKey, type Sshd, startSshd } from './sshd.ts';

/** An sshd that tells by which key somebody came in. */
export interface LoginSshd extends Sshd {
  /** Logs in, and says by which key (as sshd's log has it) or why not. */
  readonly tryLogin: (more: Partial<Connection>, secrets?: Secrets) => Promise<string>;
  /** Adds a line to authorized_keys. */
  readonly allow: (line: string) => void;
  /** A new key that the sshd lets in. */
  readonly allowedKey: (name: string, args: readonly string[]) => string;
}

export async function startLoginSshd(): Promise<LoginSshd> {
  const sshd = await startSshd({ config: ['MaxAuthTries 6'] });
  const allow = (line: string): void => appendFileSync(join(sshd.dir, 'authorized_keys'), line);
  const allowedKey = (name: string, args: readonly string[]): string => {
    const path = makeKey(join(sshd.dir, name), args);
    allow(readFileSync(`${path}.pub`, 'utf8'));
    return path;
  };
  return { ...sshd, allow, allowedKey, tryLogin: (more, secrets = {}) => tryLogin(sshd, more, secrets) };
}

export function fingerprintOf(path: string): string {
  const [, print = ''] = execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' }).split(' ');
  return print;
}

async function tryLogin(sshd: Sshd, more: Partial<Connection>, secrets: Secrets): Promise<string> {
  const { connect, close } = connector({ secrets, connectsAtOnce: 1 });
  const before = sshd.log().length;
  try {
    const session = await connect(hostOf(sshd, more));
    await session.exec('true', undefined, { timeoutMs: 20_000, maxBytes: 100 });
    await session.close();
    return /Accepted (\S+) .*ssh2: (.*)/.exec(sshd.log().slice(before))?.[2] ?? 'not in the log';
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return `${error.code} ${error.message}`;
  } finally {
    await close();
  }
}
