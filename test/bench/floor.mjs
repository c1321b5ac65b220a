/** The floor: a minimal loop over ssh2 and p-limit that connects and executes `true` once a host. */
import { readFileSync } from 'node:fs';
import pLimit from 'p-limit';
import ssh2 from 'ssh2';
import { parse } from 'yaml';

const [inventory = '', forks = '50'] = process.argv.slice(2);
const { defaults, groups } = parse(readFileSync(inventory, 'utf8'));
const privateKey = readFileSync(defaults.private_key);
const hosts = Object.values(groups.light.hosts);

function runTrue(host, port) {
  return new Promise((done, fail) => {
    const client = new ssh2.Client();
    client.on('error', fail);
    client.on('ready', () => {
      client.exec('true', (error, stream) => {
        if (error) return fail(error);
        stream.resume().on('close', (code) => {
          client.end();
          if (code === 0) done();
          else fail(new Error(`${host}: ${code}`));
        });
      });
    });
    client.connect({ host, port, username: defaults.user, privateKey, hostVerifier: () => true });
  });
}

const limit = pLimit(Number(forks));
await Promise.all(hosts.map(({ address, port = 22 }) => limit(() => runTrue(address, port))));
