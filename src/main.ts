import { readFileSync } from 'node:fs';
import { processIo } from './cli/io.ts';
import { main } from './cli/program.ts';

/** Beside the folder of this file, in the source tree as in the installed package. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };

process.exitCode = await main(processIo(), version);
