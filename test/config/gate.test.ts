import { describe, expect, it } from 'vitest';
import { readGate } from '../../src/config/playbook/gate.ts';
import { readPlaybook } from '../../src/config/playbook/read-playbook.ts';
import { fileSource } from '../../src/config/source/text-source.ts';
import { parseYaml } from '../../src/config/source/yaml-source.ts';
import type { Gate, Measures } from '../../src/core/gate.ts';
import { sampleMeasures, sampleTasks } from '../support/config-samples.ts';

function gateOf(expr: string, probes = '{}'): Gate {
  const text = `hosts: all\nrollout: { waves: [{ name: a }], probes: ${probes}, gate: [{ expr: '${expr}' }] }\nsteps: [{ task: test.count, with: {} }]\n`;
  const parsed = parseYaml(fileSource('p.yaml', text));
  if (!parsed.ok) throw new Error('no YAML');
  const playbook = readPlaybook(parsed.value, sampleTasks, { folder: '/', home: '/' });
  const gate = playbook.ok ? readGate(playbook.value, sampleMeasures) : playbook;
  if (!gate.ok || gate.value === undefined) throw new Error(JSON.stringify(gate));
  return gate.value;
}

describe('a condition over what was measured', () => {
  it.each<[string, Measures | undefined, Measures, string, string]>([
    ['after.failed_units <= before.failed_units', { failed_units: 1 }, { failed_units: 1 }, 'pass', ''],
    [
      'after.failed_units <= before.failed_units',
      { failed_units: 1 },
      { failed_units: 2 },
      'fail',
      'after.failed_units = 2, before.failed_units = 1',
    ],
    ['after.failed_units == 0', undefined, { failed_units: 0 }, 'pass', ''],
    ['after.failed_units == 0', undefined, { failed_units: null }, 'inconclusive', 'after.failed_units could not be read'],
    ['before.failed_units == 0', undefined, { failed_units: 0 }, 'inconclusive', 'before.failed_units could not be read'],
  ])('%s with %o and %o: %s', (expr, before, after, verdict, words) => {
    const [condition] = gateOf(expr).conditions;
    const said = condition?.judge({ before, after, untouched: undefined });
    expect(said?.verdict).toBe(verdict);
    expect(said?.because).toContain(words);
    expect(condition?.source).toMatch(/^p\.yaml:2:\d+$/);
  });

  it.each([
    ['12\n', 0, 12],
    ['-0.5', 0, -0.5],
    ['active\n', 0, 'active'],
    ['12', 1, null],
  ])('%j with status %i of a probe is %j', (stdout, status, expected) => {
    const { measure } = gateOf('after.queue == after.queue', '{ queue: "postqueue -j | wc -l" }');
    expect(measure.reads).toContainEqual({ kind: 'command', argv: ['sh', '-c', 'postqueue -j | wc -l'] });
    const measured = measure.parse(
      measure.reads.map((read) => ({
        status: read.kind === 'command' ? status : 0,
        stdout: read.kind === 'command' ? stdout : '0',
        stderr: '',
      })),
    );
    expect(measured['queue']).toBe(expected);
  });
});

describe('a condition that compares with untouched hosts', () => {
  const text = 'after.failed_units - before.failed_units <= untouched.after.failed_units - untouched.before.failed_units';
  const units = (count: number | null) => ({ failed_units: count });
  const judge = (after: number, untouched?: { readonly before: Measures; readonly after: Measures }) => {
    const [condition] = gateOf(text).conditions;
    return condition?.judge({ before: units(0), after: units(after), untouched });
  };

  it('tells trouble of the fleet from its own', () => {
    expect(judge(2, { before: units(1), after: units(3) })?.verdict).toBe('pass');
    expect(judge(2, { before: units(1), after: units(1) })).toEqual({
      verdict: 'fail',
      because: `${text}: after.failed_units = 2, before.failed_units = 0, untouched.after.failed_units = 1, untouched.before.failed_units = 1`,
    });
  });

  it('cannot be told where they could not be measured, or there are none', () => {
    expect(judge(0, { before: units(1), after: units(null) })).toMatchObject({
      verdict: 'inconclusive',
      because: expect.stringContaining('untouched.after.failed_units could not be read'),
    });
    expect(judge(0)?.because).toContain('there is no other host to compare with');
  });

  it('is known as such, and others are not', () => {
    expect(gateOf(text).conditions[0]?.compares).toBe(true);
    expect(gateOf('after.failed_units == 0').conditions[0]?.compares).toBe(false);
  });
});
