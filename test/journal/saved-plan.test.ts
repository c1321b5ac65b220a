import { expect, it } from 'vitest';
import { run } from '../../src/core/change.ts';
import type { HostOutcome } from '../../src/core/outcome.ts';
import { drift } from '../../src/core/plan.ts';
import { movedSince, type SavedPlan, savedHosts } from '../../src/journal/saved-plan.ts';
import { planTelling } from '../../src/report/json.ts';
import { scrubber } from '../../src/report/scrub.ts';

const TELLING = planTelling(scrubber(new Set()));
const touch = (path: string, because: string) => run(['touch', path], { undo: ['rm', path], because, touches: [] });

const outcome: HostOutcome = {
  host: 'kvm01',
  status: 'drift',
  steps: [{ number: 1, name: 'one', task: 'command.run', outcome: drift(touch('/a', 'it is not there'), touch('/b', 'nor is it')) }],
  looks: 1,
  acts: 0,
  durationMs: 1,
};

/** The plan as it comes from its file, with this done to its text. */
function saved(edit: (text: string) => string): SavedPlan['hosts'][number] | undefined {
  return (JSON.parse(edit(JSON.stringify(savedHosts([outcome], TELLING)))) as SavedPlan['hosts'])[0];
}

const NOW = drift(touch('/a', 'it is not there'), touch('/b', 'nor is it'));

it.each<readonly [string, (text: string) => string, ReturnType<typeof drift>, string | undefined]>([
  ['the same', (text) => text, NOW, undefined],
  ['the same for another reason', (text) => text, drift(touch('/a', 'it is gone'), touch('/b', 'it is gone')), undefined],
  ['laid out anew', (text) => JSON.stringify(JSON.parse(text), undefined, 4), NOW, undefined],
  ['other changes', (text) => text, drift(touch('/a', 'it is not there')), 'the host has moved: step 1 is drift with other changes'],
  [
    'changes in another order',
    (text) => text,
    drift(...NOW.changes.toReversed()),
    'the host has moved: step 1 is drift with other changes',
  ],
  [
    'a change that reads otherwise',
    (text) => text.replaceAll('touch /b', 'touch /harmless'),
    NOW,
    'the plan was edited: what it shows of step 1 is not what it does',
  ],
  [
    'words of a command that read otherwise',
    (text) => text.replaceAll('"/b"', '"/harmless"'),
    NOW,
    'the plan was edited: what it shows of step 1 is not what it does',
  ],
  [
    'a digest of something else',
    (text) => text.replace(/"digest":"./, '"digest":"x'),
    NOW,
    'the host has moved: step 1 is drift with other changes',
  ],
  [
    'a step that is gone',
    (text) => text.replace('"number":1', '"number":2'),
    NOW,
    'the host has moved: step 1 is drift, in the saved plan missing',
  ],
])('a saved plan and what is due now: %s', (_, edit, now, said) => {
  expect(movedSince(saved(edit), [{ number: 1, plan: now }], TELLING)?.message).toBe(said);
});
