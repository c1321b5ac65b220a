import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { holderOf, holdRun } from '../../src/journal/folders.ts';
import { tempFolder } from '../support/temp-folder.ts';

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
        process.stdin.destroy();
      });
      console.log('ready');`;
    const words = ['--import', resolve('node_modules/tsx/dist/esm/index.mjs'), '--input-type=module', '-e', program];
    const children = [1, 2, 3].map(() => spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] }));
    const said = children.map((child) => once(child.stdout, 'data'));
    await Promise.all(said);
    const outputs = children.map((child) => text(child.stdout));
    for (const child of children) child.stdin.write('go\n');
    const taken = (await Promise.all(outputs)).join('').trim().split('\n');
    expect(taken.toSorted()).toEqual(names.toSorted());
  });
});
