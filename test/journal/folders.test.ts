import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { findRun, holderOf, holdRun, newRunFolder, pruneRuns, removeRun, runFolders } from '../../src/journal/folders.ts';
import { tempFolder } from '../support/temp-folder.ts';

const AT = new Date('2026-11-28T10:00:00.000Z');

describe('the name of a run', () => {
  it.each<readonly [string, readonly string[]]>([
    ['the clock goes on', ['2026-11-28T10:00:00.000Z', '2026-11-28T10:00:00.001Z']],
    ['two begin at once', ['2026-11-28T10:00:00.000Z', '2026-11-28T10:00:00.000Z', '2026-11-28T10:00:00.000Z']],
    ['the clock was set back', ['2026-11-28T10:00:00.000Z', '2026-11-27T23:59:59.999Z', '2020-01-01T00:00:00.000Z']],
    ['a year ends', ['2026-12-31T23:59:59.999Z', '2026-12-31T23:59:59.999Z']],
  ])('comes behind those of before, where %s', (_, times) => {
    const parent = tempFolder();
    const made = times.map((time) => newRunFolder(parent, new Date(time)).run);
    expect(runFolders(parent).map(({ run }) => run)).toEqual(made);
    expect(findRun(parent, 'last').run).toBe(made.at(-1));
  });
});

describe('a run that is held', () => {
  it('says what is wrong with a folder that cannot be written', () => {
    const file = join(tempFolder(), 'file');
    writeFileSync(file, '');
    expect(() => holdRun({ run: 'r', path: file })).toThrow(expect.objectContaining({ code: 'JOURNAL_FAILED' }));
  });

  it('is never removed, however old', () => {
    const parent = tempFolder();
    const [held, free] = [newRunFolder(parent, AT), newRunFolder(parent, AT)];
    mkdirSync(join(parent, 'not-a-run'));
    const release = holdRun(held);
    expect(pruneRuns(parent, new Date(Date.now() + 86_400_000))).toEqual([free.run]);
    expect(readdirSync(parent).sort()).toEqual([held.run, 'not-a-run']);
    release();
  });

  it('of a folder that is none is no bug, but said with the folder', () => {
    const parent = join(tempFolder(), 'file');
    writeFileSync(parent, '');
    const said = expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(parent) });
    expect(() => newRunFolder(parent, AT)).toThrow(said);
    expect(() => newRunFolder('/proc/none/runs', AT)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => removeRun(join(parent, 'gone'))).toThrow(said);
    expect(runFolders(join(tempFolder(), 'not-yet'))).toEqual([]);
  });
});

describe('a run', () => {
  it('is held until it is given back, and then by the next one', () => {
    const path = tempFolder();
    const release = holdRun({ run: 'r', path });
    expect(holderOf(path)).toBe(process.pid);
    expect(() => holdRun({ run: 'r', path })).toThrow(`r is held by process ${process.pid}`);
    release();
    expect(holderOf(path)).toBeUndefined();
    holdRun({ run: 'r', path });
    expect(holderOf(path)).toBe(process.pid);
  });

  it('is taken by one of many processes that try at once, though one that is gone has left it', async () => {
    const parent = tempFolder();
    const names = Array.from({ length: 60 }, (_, i) => `${i}`);
    for (const name of names) {
      mkdirSync(join(parent, name, 'held-1'), { recursive: true });
      writeFileSync(join(parent, name, 'held-1', 'process'), '999999999 1\n');
    }
    const program = `
      import { holdRun } from ${JSON.stringify(resolve('src/journal/folders.ts'))};
      process.stdin.once('data', () => {
        const from = Date.now();
        for (const [i, run] of ${JSON.stringify(names)}.entries()) {
          while (Date.now() < from + i * 4);
          try {
            holdRun({ run, path: ${JSON.stringify(parent)} + '/' + run });
            console.log(run);
          } catch (error) {
            if (error.code !== 'RUN_HELD') throw error;
          }
        }
        console.error('done');
      });
      console.log('ready');`;
    const words = ['--import', resolve('node_modules/tsx/dist/esm/index.mjs'), '--input-type=module', '-e', program];
    const children = [1, 2, 3].map(() => spawn(process.execPath, words, { stdio: 'pipe' }));
    const said = children.map((child) => once(child.stdout, 'data'));
    await Promise.all(said);
    const outputs = children.map((child) => text(child.stdout));
    const done = children.map((child) => once(child.stderr, 'data'));
    for (const child of children) child.stdin.write('go\n');
    // What a process holds is free when it is gone: so all stay until all have tried.
    await Promise.all(done);
    for (const child of children) child.stdin.end();
    const taken = (await Promise.all(outputs)).join('').trim().split('\n');
    expect(taken.toSorted()).toEqual(names.toSorted());
  });
});
