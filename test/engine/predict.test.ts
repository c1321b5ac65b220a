import { describe, expect, test } from 'vitest';
import { run, settle, write } from '../../src/core/change.ts';
import { file } from '../../src/core/file.ts';
import { blocked, drift, type Plan, steady } from '../../src/core/plan.ts';
import { command, constant, map, type Reading } from '../../src/core/probe.ts';
import type { HostStep } from '../../src/core/step.ts';
import { foresee } from '../../src/engine/host/predict.ts';
import { prepareSteps } from '../../src/engine/host/prepare.ts';
import { step } from '../support/made-up-steps.ts';

const fine = (stdout: string): Reading => ({ status: 0, stdout, stderr: '' });
const image = { content: 'new', mode: 0o644, owner: 'root', group: 'root' };
const READINGS = { 'file /a': fine('old'), 'file /b': fine('b'), 'command state': fine('bad') };

function plans(steps: readonly HostStep[], done: readonly number[] = []): readonly string[] {
  return foresee(prepareSteps(steps, {}), READINGS, { done: new Set(done), declined: new Set(), reboots: true }).map(({ plan, waits }) => {
    const after = plan.status === 'unknown' ? ` after ${plan.after}` : '';
    return `${plan.status}${after}${waits ? ' waits' : ''}`;
  });
}

const writesA = (number: number) =>
  step(
    number,
    map(file('/a'), (text) => (text === 'new' ? steady('x') : drift(write('/a', { ...image, content: 'old' }, image, 'x')))),
  );
const runsOn = (number: number, wanted: string) =>
  step(
    number,
    map(
      command('state'),
      ({ stdout }): Plan =>
        stdout === wanted ? steady('x') : drift(run(['mend'], { because: 'x', undo: 'impossible', touches: ['command state'] })),
    ),
  );
const readsB = (number: number) =>
  step(
    number,
    map(file('/b'), () => steady('x')),
  );
const settles = (number: number, leadsTo: Readonly<Record<string, Reading>> = {}) =>
  step(
    number,
    map(file('/b'), () => drift(settle({ what: 'daemon-reload' }, { because: 'x', touches: ['command state'], leadsTo }))),
  );

describe('a later step is planned over what an earlier one does', () => {
  test.each([
    ['a write leads to its own text', [writesA(1), writesA(2)], ['drift', 'steady']],
    ['what a run touches is unknown', [runsOn(1, 'good'), runsOn(2, 'good')], ['drift', 'unknown after 1']],
    ['what it does not touch is not', [runsOn(1, 'good'), readsB(2)], ['drift', 'steady']],
    ['what a settling leads to is known', [settles(1, { 'command state': fine('good') }), runsOn(2, 'good')], ['drift', 'steady']],
    [
      'commands that are planned for it wait',
      [settles(1, { 'command state': fine('other') }), runsOn(2, 'good')],
      ['drift', 'drift waits'],
    ],
    ['writes that are planned for it do not', [settles(1, { 'file /a': fine('old') }), writesA(2)], ['drift', 'drift']],
    [
      'after an unknown step all that reads is unknown',
      [runsOn(1, 'good'), runsOn(2, 'good'), readsB(3)],
      ['drift', 'unknown after 1', 'unknown after 2'],
    ],
    [
      'but not what reads nothing',
      [runsOn(1, 'good'), runsOn(2, 'good'), step(3, constant(blocked('x', 'y')))],
      ['drift', 'unknown after 1', 'blocked'],
    ],
  ] as const)('%s', (_, steps, expected) => {
    expect(plans(steps)).toEqual(expected);
  });

  test('a step that has acted is planned over what is there, and changes nothing more', () => {
    expect(plans([runsOn(1, 'good'), runsOn(2, 'bad')], [1, 2])).toEqual(['drift', 'steady']);
    expect(plans([runsOn(1, 'good'), runsOn(2, 'bad')], [1])).toEqual(['drift', 'steady']);
    expect(plans([runsOn(1, 'good'), runsOn(2, 'bad')], [2])).toEqual(['drift', 'steady']);
  });
});

test('a step waits for what an earlier one registers; one that nobody registers is a bug', () => {
  const needing: HostStep = { ...readsB(3), needs: ['word'] };
  expect(plans([{ ...readsB(1), register: 'word' }, readsB(2), needing])).toEqual(['steady', 'steady', 'unknown after 1']);
  expect(() => plans([needing])).toThrow('no earlier step registers word');
});

test('what rests on a prediction is no result yet', () => {
  const tells = step(
    2,
    map(file('/a'), (text) => ({ plan: steady('x'), result: text ?? null })),
  );
  const [, over] = foresee(prepareSteps([writesA(1), tells], {}), READINGS, { done: new Set(), declined: new Set(), reboots: true });
  expect(over).not.toHaveProperty('result');
  const [sure] = foresee(prepareSteps([tells], {}), READINGS, { done: new Set(), declined: new Set(), reboots: true });
  expect(sure).toMatchObject({ result: 'old' });
});
