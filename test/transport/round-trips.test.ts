import { afterAll, beforeAll, expect, test } from 'vitest';
import { connector } from '../../src/transport/connector.ts';
import { startFlightProxy } from '../support/flight-proxy.ts';
import { hostOf, type Sshd, startSshd } from '../support/sshd.ts';

const LIMITS = { timeoutMs: 30_000, maxBytes: 1_000 };

let sshd: Sshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd.stop());

/** Round trips from the dial to the end of each of three looks. */
async function countTrips(): Promise<readonly number[]> {
  const proxy = await startFlightProxy(sshd.port);
  const { connect } = connector({ secrets: {}, connectsAtOnce: 1 });
  const session = await connect(hostOf(sshd, { port: proxy.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}` }));
  const trips: number[] = [];
  for (const word of ['one', 'two', 'three']) {
    const { stdout } = await session.look(`echo ${word}`, LIMITS);
    expect(stdout.toString()).toBe(`${word}\n`);
    trips.push(proxy.roundTrips());
  }
  await session.close();
  await proxy.close();
  return trips;
}

test('a first look ends six round trips after the dial, and each later one needs two', async () => {
  const expected = [6, 8, 10];
  // A busy machine may count too many, never too few: the least of some tries is right.
  let least = expected.map(() => Number.POSITIVE_INFINITY);
  for (let tries = 0; tries < 5 && least.join() !== expected.join(); tries += 1) {
    const counted = await countTrips();
    least = least.map((trips, index) => Math.min(trips, counted[index] ?? trips));
  }
  expect(least).toEqual(expected);
}, 60_000);
