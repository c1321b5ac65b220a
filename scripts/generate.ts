import { writeFileSync } from 'node:fs';
import { generatedFiles } from '../test/support/generated.ts';

/** Writes the files that are made of the code: JSON Schemas for editors, and the catalogue. */
for (const [path, text] of Object.entries(generatedFiles())) writeFileSync(path, text);
