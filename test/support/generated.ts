import { inventorySchema, playbookSchema, stepsSchema } from '../../src/config/load.ts';
import { tasks } from '../../src/tasks/index.ts';
import { catalogue } from './catalogue.ts';

/** The files that are made of the code, under their paths. They stand in the repository, so that editors and people can read them. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'schema/inventory.json': json(inventorySchema()),
    'schema/playbook.json': json(playbookSchema(tasks)),
    'schema/steps.json': json(stepsSchema(tasks)),
    'docs/catalogue.md': catalogue(),
  };
}

function json(schema: unknown): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
