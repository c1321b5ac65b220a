import { inventorySchema, playbookSchema, stepsSchema } from '../config/load.ts';
import { tasks } from '../tasks/index.ts';
import type { Io } from './io.ts';

/** `drover schema inventory|playbook|steps`. */
export async function schemaCommand({ of }: { readonly of: 'inventory' | 'playbook' | 'steps' }, io: Io): Promise<number> {
  const schemas = { inventory: inventorySchema, playbook: () => playbookSchema(tasks), steps: () => stepsSchema(tasks) };
  io.out.lines([JSON.stringify(schemas[of](), undefined, 2)]);
  return 0;
}
