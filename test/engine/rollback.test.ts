import { expect, it } from 'vitest';
import { type Change, describe as inWords, run, settle, write } from '../../src/core/change.ts';
import type { Plan } from '../../src/core/plan.ts';
import { ABSENT, constant, type Reading } from '../../src/core/probe.ts';
import { rollbackSteps } from '../../src/engine/fleet/rollback.ts';

const PATH = '/run/lent';
const IMAGE = { content: 'x', mode: 0o600, owner: 'root', group: 'root' };
const LENDING = [
  write(PATH, undefined, IMAGE, 'the command reads it'),
  run(['define', PATH], { undo: ['redefine', PATH], because: 'it differs', touches: [] }),
  write(PATH, IMAGE, undefined, 'the command has read it'),
];

/** What taking back finds on a host without the file, whose task finds `now`. */
function planBack(now: Plan, changes: readonly Change[] = LENDING) {
  const step = { number: 1, name: 's', task: 't', params: null, changes, inDoubt: false, secret: [] };
  const [back] = rollbackSteps([step], () => constant({ plan: now, result: null }));
  const probe = back?.prepare({});
  const found = probe?.parse(probe.reads.map((): Reading => ({ status: ABSENT, stdout: '', stderr: '' })));
  return found !== undefined && 'plan' in found ? found.plan : undefined;
}

it('lends a file again to the command that takes another one back', () => {
  const plan = planBack({ status: 'steady', because: 'so' });
  expect(plan?.status === 'drift' && plan.changes.map(inWords)).toEqual([`create ${PATH}`, `run redefine ${PATH}`, `remove ${PATH}`]);
});

it('lends nothing where what the command brought about is gone', () => {
  expect(planBack({ status: 'drift', changes: [] })).toEqual({ status: 'steady', because: 'it is as it was before the run' });
});

it('does not say of a restart that it was taken back', () => {
  const restart = settle({ what: 'restart', unit: 'docker.service' }, { because: 'a chain is gone', touches: [] });
  expect(planBack({ status: 'steady', because: 'so' }, [restart])).toEqual({
    status: 'steady',
    because: 'all it did was: restart docker.service; of that nothing is left to take back',
  });
});
