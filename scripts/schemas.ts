import { mkdirSync, writeFileSync } from 'node:fs';
import { inventorySchema, playbookSchema } from '../src/config/load.ts';
import { tasks } from '../src/tasks/index.ts';

/** Writes the JSON Schemas that editors use; they stand in the repository, so that the examples can name them. */
mkdirSync('schema', { recursive: true });
for (const [name, schema] of Object.entries({ inventory: inventorySchema(), playbook: playbookSchema(tasks) })) {
  writeFileSync(`schema/${name}.json`, `${JSON.stringify(schema, null, 2)}\n`);
}
