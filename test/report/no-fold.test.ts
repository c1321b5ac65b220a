import { expect, it } from 'vitest';
import { fleetLines } from '../../src/report/fleet-text.ts';
import { outcomeOf, plain } from '../support/report-samples.ts';

const hosts = [
  outcomeOf('web1', 'steady', { status: 'steady', because: 'so' }),
  outcomeOf('web2', 'blocked', { status: 'blocked', because: 'web2 is in the way', hint: 'move it' }),
  outcomeOf('web3', 'steady', { status: 'steady', because: 'so' }),
];

it.each([
  [undefined, ['web2: blocked', 'web[1,3] (2 hosts): steady']],
  [true, ['web2: blocked', 'web[1,3] (2 hosts): steady']],
  [false, ['web2: blocked', 'web1: steady', 'web3: steady']],
])('with fold %s hosts are entries, the worst first', (fold, heads) => {
  const report = { hosts, waves: [], interrupted: false, durationMs: 1, outputs: new Map(), addresses: new Map() };
  const lines = fleetLines(report, { ...plain, fold });
  expect(lines.filter((line) => /^web.*: /.test(line))).toEqual(heads);
});
