import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A CA that nobody knows yet, and files of certificates that it signs. */
export interface Authority {
  /** Its own certificate, PEM. */
  readonly ca: string;
  /** A certificate for a name as in subjectAltName, such as `IP:127.0.0.1`, and its key. */
  readonly sign: (name: string) => { readonly cert: string; readonly key: string };
}

/** Makes one, with all its files in that folder. */
export function authority(folder: string, name: string): Authority {
  const file = (suffix: string): string => join(folder, `${name}${suffix}`);
  const fresh = (subject: string, key: string): string[] =>
    `req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=${subject} -keyout ${key}`.split(' ');
  const openssl = (words: readonly string[]): void => void execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  openssl([...fresh(name, file('.key')), '-x509', '-days', '2', '-out', file('.pem')]);
  let count = 0;
  return {
    ca: file('.pem'),
    sign: (host) => {
      count += 1;
      const [request, cert, key, more] = ['.csr', '.pem', '.key', '.ext'].map((suffix) => file(`-${count}${suffix}`)) as [
        string,
        string,
        string,
        string,
      ];
      writeFileSync(more, `subjectAltName=${host}\n`);
      openssl([...fresh('server', key), '-out', request]);
      openssl(
        `x509 -req -in ${request} -CA ${file('.pem')} -CAkey ${file('.key')} -CAcreateserial -days 2 -extfile ${more} -out ${cert}`.split(
          ' ',
        ),
      );
      return { cert, key };
    },
  };
}
