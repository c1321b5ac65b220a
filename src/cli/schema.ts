import { inventorySchema, playbookSchema } from '../config/load.ts';
import { tasks } from '../tasks/index.ts';
import type { Io } from './io.ts';

/** `drover schema inventory|playbook`. */
export async function schemaCommand({ of }: { readonly of: 'inventory' | 'playbook' }, io: Io): Promise<number> {
  io.out.lines([JSON.stringify(of === 'inventory' ? inventorySchema() : playbookSchema(tasks), undefined, 2)]);
  return 0;
}
