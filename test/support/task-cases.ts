import { readdirSync } from 'node:fs';
import type { TaskCase } from './task-table.ts';

const FOLDER = 'test/tasks/cases';

const tables = new Map<string, readonly TaskCase[]>();
for (const file of readdirSync(FOLDER)) {
  const { cases }: { cases: readonly TaskCase[] } = await import(`../tasks/cases/${file}`);
  tables.set(file.replace(/\.ts$/, ''), cases);
}

/** The cases of a task, from the file that is named like its own; none where it has no such file. */
export function casesOf(task: string): readonly TaskCase[] {
  return tables.get(fileNameOf(task)) ?? [];
}

/** `kvm.nested` stands in kvm-nested.ts. */
export function fileNameOf(task: string): string {
  return task.replaceAll(/[._]/g, '-');
}
