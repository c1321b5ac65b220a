import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Change, inverse, touches } from '../src/core/change.ts';
import type { Json } from '../src/core/json.ts';
import type { Reading } from '../src/core/probe.ts';
import { readKey } from '../src/core/probe.ts';
import type { AnyTask } from '../src/core/task.ts';
import { tasks } from '../src/tasks/index.ts';
import { baseOf, deepFrozen, recordedHost, recordedHosts, replay } from './support/replay.ts';
import { casesOf, fileNameOf } from './support/task-cases.ts';
import { changesOf, findingOf } from './support/task-table.ts';

/** Tasks that only look have no drift. */
const LOOK_ONLY = ['docker.keepalive', 'host.virtualization', 'systemd.healthy'];

/** In src/tasks, files that are no task: what tasks of one kind share. */
const SHARED = ['index', 'cmdline-plan', 'dnf-plan', 'domain-plan', 'file-plan', 'kvm-reload', 'qemu-needs', 'vfio-move', 'vfio-plan'];

/** Names, described or not, of every param. */
function paramsOf(task: AnyTask): readonly [string, z.core.JSONSchema.BaseSchema][] {
  const { properties = {} } = z.toJSONSchema(task.params, { io: 'input' });
  return Object.entries(properties).flatMap(([name, schema]) => (typeof schema === 'boolean' ? [] : [[name, schema]]));
}

/** Params as config hands them over: where a playbook names a local file, its text is there. */
function loaded(task: AnyTask, params: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  const locals = new Set(paramsOf(task).flatMap(([name, schema]) => ('local' in schema ? [name] : [])));
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, locals.has(name) ? { name: value, text: 'a text\n' } : value]),
  );
}

function allChanges(task: AnyTask): readonly Change[] {
  return casesOf(task.name).flatMap((one) => changesOf(findingOf(task, one).plan));
}

describe('the list of tasks', () => {
  it('has each file of src/tasks, sorted', () => {
    const files = readdirSync('src/tasks').map((file) => file.replace(/\.ts$/, ''));
    expect(tasks.map(({ name }) => fileNameOf(name))).toEqual(files.filter((file) => !SHARED.includes(file)).sort());
  });
});

/** Hosts that only the tests of one task use, beyond its cases. */
const SPECIAL = ['file-latin1'];

describe('the recorded hosts', () => {
  it('are each used by a case or by another host, and say whether they were recorded', () => {
    const inCases = tasks.flatMap(({ name }) => casesOf(name).map(({ host }) => host));
    const used = new Set([...inCases, ...recordedHosts().map(baseOf), ...SPECIAL]);
    expect(recordedHosts().filter((host) => !used.has(host))).toEqual([]);
    for (const host of recordedHosts()) expect(recordedHost(host).note).toMatch(/([Rr]ecorded|[Ww]ritten).*\.$/);
  });
});

describe.each(tasks.map((task) => [task.name, task] as const))('%s', (_, task) => {
  const cases = casesOf(task.name);

  it('stands in the file of its name, and has cases', () => {
    expect(existsSync(`src/tasks/${fileNameOf(task.name)}.ts`)).toBe(true);
    expect(cases.length).toBeGreaterThan(0);
  });

  it('has a recorded host for each thing that it can find', () => {
    const found = new Set(cases.map(({ finds }) => Object.keys(finds)[0]));
    expect(found).toEqual(new Set(LOOK_ONLY.includes(task.name) ? ['steady', 'blocked'] : ['steady', 'drift', 'blocked']));
  });

  it('says of each param what it is, in words and in JSON schema', () => {
    const undescribed = paramsOf(task).filter(([, schema]) => !schema.description?.endsWith('.'));
    expect(undescribed.map(([name]) => name)).toEqual([]);
    expect(z.toJSONSchema(task.params, { io: 'input' })).toMatchObject({ type: 'object', additionalProperties: false });
  });

  it('speaks in sentences', () => {
    for (const text of [task.summary, task.effects]) expect(text).toMatch(/^[A-Z].*\.$/);
    for (const { name } of task.examples) expect(name).toMatch(/^[A-Z].*[^.]$/);
  });

  it('has examples that parse', () => {
    expect(task.examples.length).toBeGreaterThan(0);
    for (const example of task.examples) expect(task.params.safeParse(loaded(task, example.with))).toMatchObject({ success: true });
  });

  it('refuses a param that it does not know', () => {
    for (const one of cases) expect(task.params.safeParse({ ...one.with, nonsense: 1 }).success).toBe(false);
  });

  it('asks the same of equal params', () => {
    for (const one of cases) {
      const again: typeof one.with = JSON.parse(JSON.stringify(one.with));
      expect(task.prepare(again).reads).toEqual(task.prepare(one.with).reads);
    }
  });

  it('finds the same twice in frozen readings', () => {
    for (const one of cases) {
      const probe = task.prepare(deepFrozen(one.with));
      expect(replay(probe, recordedHost(one.host))).toEqual(replay(probe, recordedHost(one.host)));
    }
  });

  it('registers what its schema says', () => {
    for (const one of cases) {
      const { result, plan } = findingOf(task, one);
      if (task.resultSchema === undefined) expect(result).toBe(null);
      // What could not be read at all registers nothing.
      else if (plan.status !== 'blocked' || result !== null) task.resultSchema.parse(result);
    }
  });

  it('gives each change a reason', () => {
    for (const change of allChanges(task)) expect(change.because).toMatch(/^\S.*[^.\s]$/s);
  });

  it('can take back the taking back', () => {
    for (const change of allChanges(task)) {
      const back = inverse(change);
      if (typeof back === 'string') continue;
      const { leadsTo: _, ...first } = { leadsTo: undefined, ...change };
      expect(inverse(back)).toEqual(first);
    }
  });

  it('declares for each change what it touches, of what the task looks at', () => {
    for (const one of cases) {
      const keys = task.prepare(one.with).reads.map(readKey);
      for (const change of changesOf(findingOf(task, one).plan)) {
        if (change.kind !== 'write') expect(change.touches).not.toEqual([]);
        if (keys.length > 0) expect(keys.filter((key) => touches(change, key)).length, JSON.stringify(change)).toBeGreaterThan(0);
      }
    }
  });

  it('foresees only readings that the change touches', () => {
    for (const change of allChanges(task)) {
      const foreseen: Readonly<Record<string, Reading>> = 'leadsTo' in change ? (change.leadsTo ?? {}) : {};
      expect(Object.keys(foreseen).filter((key) => !touches(change, key))).toEqual([]);
    }
  });
});
