import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { writeTypes } from './types.ts';

const OUT = 'dist';

/** ssh2 asks for these at run time, and does without them. */
const LEFT_OUT = ['*.node', 'cpu-features'];

/** CommonJS packages expect these; as ES modules they have none. */
const BANNER = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
const DEFINE = { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' };

/** What a source file requires with a `require` of its own making is bundled as well: esbuild knows only the one that it makes itself. */
const OWN_REQUIRE: Plugin = {
  name: 'own-require',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]src[\\/]transport[\\/]ssh2-internals\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/^const require = createRequire\(import\.meta\.url\);$/m, ''),
      loader: 'ts',
    }));
  },
};

/**
 * string-width takes longer to load than a playbook, for its tables of emoji, and yargs imports it for its help: loaded when it is
 * first asked. yargs' own parts bring another version, so it is looked up from where it is imported.
 */
const LAZY_WIDTH: Plugin = {
  name: 'lazy-width',
  setup: ({ onLoad, onResolve, resolve }) => {
    onResolve({ filter: /^string-width$/, namespace: 'file' }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === LAZY_WIDTH) return undefined;
      const found = await resolve(path, { resolveDir, kind, pluginData: LAZY_WIDTH });
      return { path: found.path, namespace: LAZY_WIDTH.name };
    });
    onLoad({ filter: /.*/, namespace: LAZY_WIDTH.name }, ({ path }) => ({
      contents: `let width; export default (...words) => (width ??= require(${JSON.stringify(path)}).default)(...words);`,
      resolveDir: dirname(path),
    }));
  },
};

/** What ssh2 loads and drover has no use for, left empty: a server, makers of keys, and agents for HTTP, with all of Node's own HTTP behind them. */
const UNUSED: Plugin = {
  name: 'unused',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]ssh2[\\/]lib[\\/](server|keygen|http-agents)\.js$/ }, () => ({
      contents: 'module.exports = {};',
      loader: 'js',
    }));
  },
};

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

rmSync(OUT, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ['src/main.ts', 'src/task.ts'],
  outdir: OUT,
  bundle: true,
  splitting: true,
  // Names stay, so that the stack of a bug can be read.
  minifyWhitespace: true,
  minifySyntax: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  external: LEFT_OUT,
  banner: { js: BANNER },
  define: DEFINE,
  plugins: [OWN_REQUIRE, LAZY_WIDTH, UNUSED],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

writeTypes(join(OUT, 'types'));
const main = join(OUT, 'main.js');
writeFileSync(main, `#!/usr/bin/env node\n${readFileSync(main, 'utf8')}`);
chmodSync(main, 0o755);
writeFileSync(
  join(OUT, 'THIRD-PARTY-LICENSES.txt'),
  licences(Object.keys(metafile.inputs).map((input) => input.replace(`${LAZY_WIDTH.name}:`, ''))),
);

/** The licence of every package that a file of is bundled, under its name and version. */
function licences(inputs: readonly string[]): string {
  const folders = [...new Set(inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []))].sort();
  return folders.map((folder) => `${title(folder)}\n\n${licenceText(folder)}`).join(`\n${'-'.repeat(80)}\n\n`);
}

function title(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
  return `${name} ${version}${license === undefined ? '' : ` (${license})`}`;
}

function licenceText(folder: string): string {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  return file === undefined ? 'The package has no licence text of its own.\n' : readFileSync(join(folder, file), 'utf8');
}
