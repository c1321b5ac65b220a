import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Sshd, startSshd } from './sshd.ts';

/** A folder to work in, with an inventory of hosts that one real sshd plays. */
export interface SshdSite {
  readonly sshd: Sshd;
  readonly folder: string;
}

/** `hosts` is the inventory below its defaults; `reached` are the keys of a host that answers. */
export async function startSite(hosts: (reached: string) => string): Promise<SshdSite> {
  const sshd = await startSshd();
  const folder = join(sshd.dir, 'site');
  mkdirSync(folder);
  const defaults = `{ user: ${userInfo().username}, private_key: ${sshd.key}, known_hosts: ${sshd.knownHosts}, connect_retries: 0 }`;
  writeFileSync(join(folder, 'inventory.yaml'), `defaults: ${defaults}\n${hosts(`{ address: 127.0.0.1, port: ${sshd.port} }`)}`);
  return { sshd, folder };
}
