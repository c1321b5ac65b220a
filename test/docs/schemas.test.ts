import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inventorySchema, playbookSchema } from '../../src/config/load.ts';
import { tasks } from '../../src/tasks/index.ts';

describe('the schemas for editors', () => {
  it.each([
    ['inventory', inventorySchema()],
    ['playbook', playbookSchema(tasks)],
  ])('schema/%s.json is what the code says: npx tsx scripts/schemas.ts', (name, schema) => {
    expect(JSON.parse(readFileSync(`schema/${name}.json`, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });
});
