import { inventorySchema, playbookSchema, stepsSchema } from '../config/load.ts';
import type { Io } from './io.ts';
import { outputFor, refuse } from './output.ts';
import { catalogueOf } from './own-tasks.ts';

/** `drover schema inventory|playbook|steps`. */
export async function schemaCommand({ of }: { readonly of: 'inventory' | 'playbook' | 'steps' }, io: Io): Promise<number> {
  const catalogue = await catalogueOf(io.cwd, '');
  if (!catalogue.ok) return refuse(outputFor({ format: 'human', verbose: 0 }, io), catalogue.mistakes);
  const { tasks } = catalogue.value;
  const schemas = { inventory: inventorySchema, playbook: () => playbookSchema(tasks), steps: () => stepsSchema(tasks) };
  io.out.lines([JSON.stringify(schemas[of](), undefined, 2)]);
  return 0;
}
