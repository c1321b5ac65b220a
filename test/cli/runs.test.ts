import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { RUN_STARTED } from '../support/journal-samples.ts';
import { call } from '../support/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-runs-'));
afterAll(() => rmSync(folder, { recursive: true }));

function journal(run: string, text: string): void {
  mkdirSync(join(folder, run));
  writeFileSync(join(folder, run, 'journal.ndjson'), text);
}

it('one damaged journal is named, and keeps nobody from the other runs', async () => {
  journal('20261128-000000000-aa', `${JSON.stringify({ ...RUN_STARTED, name: 'a playbook', run: '20261128-000000000-aa' })}\n`);
  journal('20261128-000000001-bb', '{"type": "run started", oh\n');
  const listed = await call(['runs', '--run-dir', folder], { folder });
  expect(listed).toMatchObject({ exit: 0, stdout: expect.stringMatching(/20261128-000000000-aa .* a playbook .* cut/) });
  expect(listed.stdout).not.toContain('20261128-000000001-bb');
  expect(listed.stderr).toContain('20261128-000000001-bb/journal.ndjson:1: no JSON');
  journal('20261128-000000002-cc', '');
  const empty = '20261128-000000002-cc: its journal does not begin with the start of a run';
  expect((await call(['runs', '--run-dir', folder], { folder })).stderr).toContain(empty);
  expect(await call(['runs', '20261128-000000001-bb', '--run-dir', folder], { folder })).toMatchObject({ exit: 1 });
});
