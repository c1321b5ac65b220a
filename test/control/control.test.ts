import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { addressIn, SOCKET } from '../../src/control/address.ts';
import { askControl } from '../../src/control/client.ts';
import type { Request } from '../../src/control/protocol.ts';
import { serveControl } from '../../src/control/server.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ask = { do: 'pause', by: 'ops, process 1' } as const;

/** A folder whose socket has an address of more than 107 bytes. */
function deepFolder(): string {
  const folder = join(tempFolder(), ...Array.from({ length: 12 }, () => 'a-folder-with-a-name'));
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function served(folder: string, answer: Parameters<typeof serveControl>[1] = () => ({ ok: true })): Promise<void> {
  const close = await serveControl(folder, answer);
  onTestFinished(close);
}

/** What comes back for bytes that are sent as they are, up to the end of the connection or one line. */
async function answerTo(folder: string, text: string): Promise<string> {
  const { path, release } = addressIn(folder);
  const heard = await new Promise<string>((resolve) => {
    let all = '';
    const socket = createConnection(path, () => socket.write(text));
    socket.on('data', (chunk: Buffer) => {
      all += chunk.toString();
      if (all.includes('\n')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(all));
  });
  release();
  return heard;
}

describe.each<[string, () => string]>([
  ['a folder', tempFolder],
  ['a folder whose path is too long for an address', deepFolder],
])('the socket of %s', (_, make) => {
  test('is for its owner, and what is asked there is answered', async () => {
    const folder = make();
    const heard: Request[] = [];
    await served(folder, (request) => {
      heard.push(request);
      return { ok: false, because: 'it waits for nobody' };
    });
    expect(statSync(join(folder, SOCKET)).mode & 0o777).toBe(0o600);
    expect(await askControl(folder, ask)).toEqual({ 'drover control': 1, ok: false, because: 'it waits for nobody' });
    expect(heard).toEqual([{ 'drover control': 1, ...ask }]);
  });

  test('goes with the run, and who asks then hears that nobody is there', async () => {
    const folder = make();
    const close = await serveControl(folder, () => ({ ok: true }));
    close();
    await expect.poll(() => statSync(join(folder, SOCKET), { throwIfNoEntry: false })).toBeUndefined();
    expect(await askControl(folder, ask)).toBeUndefined();
  });

  test('takes the place of one that a killed process left', async () => {
    const folder = make();
    writeFileSync(join(folder, SOCKET), '');
    expect(await askControl(folder, ask)).toBeUndefined();
    await served(folder);
    expect(await askControl(folder, ask)).toMatchObject({ ok: true });
  });
});

test('a folder that is not there has nobody', async () => {
  expect(await askControl(join(tempFolder(), 'gone'), ask)).toBeUndefined();
});

test.each([
  ['no JSON', 'hello\n', 'line'],
  ['another version', `${JSON.stringify({ 'drover control': 2, ...ask })}\n`, 'drover control'],
  ['no such word', `${JSON.stringify({ 'drover control': 1, do: 'destroy', by: '' })}\n`, 'do'],
  ['a key too many', `${JSON.stringify({ 'drover control': 1, ...ask, more: 1 })}\n`, 'more'],
])('what is not understood is answered with the reason: %s', async (_, line, part) => {
  const folder = tempFolder();
  await served(folder);
  const answer = JSON.parse(await answerTo(folder, line));
  expect(answer).toMatchObject({ 'drover control': 1, ok: false, because: expect.stringContaining('not understood') });
  expect(answer.because).toContain(part);
  expect(await askControl(folder, ask)).toMatchObject({ ok: true });
});

test('who sends without end is cut off', async () => {
  const folder = tempFolder();
  await served(folder);
  expect(await answerTo(folder, 'x'.repeat(100_000))).toBe('');
  expect(await askControl(folder, ask)).toMatchObject({ ok: true });
});

test('an answer of something else is not taken for one', async () => {
  const folder = tempFolder();
  const server = createServer((socket) => socket.end('{"hello": 1}\n'));
  await new Promise<void>((resolve) => server.listen(join(folder, SOCKET), resolve));
  onTestFinished(() => void server.close());
  await expect(askControl(folder, ask)).rejects.toMatchObject({ code: 'CONTROL_SILENT' });
});
