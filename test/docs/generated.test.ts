import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../support/generated.ts';

describe('the files that are made of the code', () => {
  it.each(Object.entries(generatedFiles()))('%s is what the code says: npm run generate', (path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
