import fc from 'fast-check';
import { type SaxesAttributePlain, SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { DroverError } from '../../src/core/errors.ts';
import { reboot } from '../../src/core/reboot.ts';
import { failedOutput } from '../../src/report/failed-output.ts';
import { type JunitReport, junitXml } from '../../src/report/junit.ts';
import { printable } from '../../src/report/printable.ts';
import { everyEnd, outcomeOf } from '../support/report-samples.ts';

interface Seen {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** All elements of an XML text, which must be well-formed. */
function elementsOf(xml: string): readonly Seen[] {
  const seen: Seen[] = [];
  const open: Seen[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const one: Seen = { name, attributes: attributes as Record<string, SaxesAttributePlain & string>, text: '' };
    seen.push(one);
    open.push(one);
  });
  parser.on('text', (text) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  });
  parser.on('closetag', () => open.pop());
  parser.write(xml).close();
  return seen;
}

function report(hosts: JunitReport['hosts'], more: Partial<JunitReport> = {}): JunitReport {
  return { name: 'Site', hosts, durationMs: 2500, at: Date.UTC(2026, 0, 2, 3, 4, 5, 678), outputs: new Map(), sources: new Map(), ...more };
}

/** `case: result message` of each case. */
function results(xml: string): readonly string[] {
  const told: string[] = [];
  for (const { name, attributes } of elementsOf(xml)) {
    if (name === 'testcase') told.push(`${attributes['name']}`);
    if (['failure', 'error', 'skipped'].includes(name)) told[told.length - 1] += `: ${name} ${attributes['message']}`;
  }
  return told;
}

describe('JUnit XML', () => {
  it('is a suite a host and a case a step: bad ones fail, those that were not done are skipped', () => {
    const xml = junitXml(report([outcomeOf('web1', 'failed', ...everyEnd('x'))]));
    expect(results(xml)).toEqual([
      'the host itself',
      '1 Step 1 (made.up)',
      '2 Step 2 (made.up)',
      '3 Step 3 (made.up)',
      '4 Step 4 (made.up): failure x',
      '5 Step 5 (made.up): skipped x',
      '6 Step 6 (made.up): skipped x',
      '7 Step 7 (made.up): failure x',
      '8 Step 8 (made.up): skipped the answer was no',
      '9 Step 9 (made.up): skipped x',
    ]);
    const [all, suite] = elementsOf(xml);
    const sums = { tests: '10', failures: '2', errors: '0' };
    expect(all?.attributes).toEqual({ name: 'Site', ...sums, time: '2.500' });
    expect(suite?.attributes).toEqual({
      name: 'web1',
      hostname: 'web1',
      timestamp: '2026-01-02T03:04:05',
      ...sums,
      skipped: '4',
      time: '1.200',
    });
  });

  it('has an error of its own for a host that was not reached, and a failure for a run that stopped', () => {
    const error = new DroverError('HOST_UNREACHABLE', 'no route');
    const lost = { ...outcomeOf('web1', 'unreachable', { status: 'not reached', because: 'no route' }), error };
    const xml = junitXml(report([lost, outcomeOf('web2', 'not started')], { stopped: 'one bad host' }));
    expect(results(xml)).toEqual([
      'the run goes to its end: failure one bad host',
      'the host itself: error no route',
      '1 Step 1 (made.up): skipped no route',
      'the host itself: skipped not started: the run stopped before its turn',
    ]);
  });

  it('skips what waits for a reboot, and says so', () => {
    const waiting = { status: 'drift', changes: [reboot('a new kernel')], waitsFor: 'reboot', made: [] } as const;
    expect(results(junitXml(report([outcomeOf('web1', 'drift', waiting)])))).toContain('1 Step 1 (made.up): skipped waits for a reboot');
  });

  it('names the place of each step, and holds what the failed command printed', () => {
    const failed = everyEnd('broken').filter(({ status }) => status === 'failed');
    const outputs = new Map([['web1', failedOutput('line one\n\x1b[31mred\n', () => undefined)]]);
    const elements = elementsOf(
      junitXml(report([outcomeOf('web1', 'failed', ...failed)], { outputs, sources: new Map([[1, 'site/p.yaml:7:5']]) })),
    );
    expect(elements.find(({ name }) => name === 'failure')?.text).toMatch(
      /^site\/p.yaml:7:5\nbroken\n[\s\S]*what was made of it stands:[\s\S]*line one\n\\x1b\[31mred$/,
    );
  });

  it('is well-formed whatever hosts and operators write, and gives it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const xml = junitXml(
          report([outcomeOf(text, 'failed', ...everyEnd(text))], {
            name: text,
            outputs: new Map([[text, failedOutput(text, () => undefined)]]),
          }),
        );
        const failure = elementsOf(xml).find(({ name }) => name === 'failure');
        expect(failure?.attributes['message']).toBe(printable(text).replace(/[\uFFFE\uFFFF]/g, '\uFFFD'));
      }),
    );
  });
});
