import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Who may import whom. An arrow never points up, and nothing reaches around a layer. */
const PICTURE = `
 cli ──► config    ──► core              cli may import everything, and nothing imports cli
     ──► engine    ──► core              config, engine, transport, report, journal, control, queue: core only,
     ──► transport ──► core              never each other; cli hands the one to the other
     ──► report    ──► core
     ──► journal   ──► core
     ──► control   ──► core
     ──► queue     ──► core
     ──► tasks     ──► probes ──► core   core: itself and zod`;

const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  config: ['config', 'core'],
  engine: ['engine', 'core'],
  transport: ['transport', 'core'],
  report: ['report', 'core'],
  journal: ['journal', 'core'],
  control: ['control', 'core'],
  queue: ['queue', 'core'],
  probes: ['probes', 'core'],
  tasks: ['tasks', 'probes', 'core'],
  cli: ['cli', 'config', 'engine', 'transport', 'report', 'journal', 'control', 'queue', 'tasks', 'probes', 'core'],
  'main.ts': ['cli', 'core'],
  'task.ts': ['core'],
};

/** The rooms of a layer: each knows those before it. What stands in no room may know all of them. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  config: ['source', 'inventory', 'template', 'expression', 'playbook', 'steps'],
  engine: ['script', 'lease', 'look', 'act', 'host', 'fleet'],
};

/** Each third-party package has one home; zod alone is vocabulary. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  ssh2: ['transport'],
  'p-limit': ['engine'],
  yargs: ['cli'],
  'log-update': ['cli'],
  bullmq: ['queue'],
  ioredis: ['queue'],
  handlebars: ['config'],
  yaml: ['config', 'cli'],
  '@marcbachmann/cel-js': ['config'],
  pino: ['report'],
  diff: ['report'],
  saxes: ['probes'],
  picocolors: ['report'],
  'string-width': ['report'],
  zod: ['task.ts', 'core', 'config', 'journal', 'control', 'probes', 'queue', 'tasks'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.flatMap(importsOf);

describe('the layers', () => {
  it('reads the whole of src', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(imports.length).toBeGreaterThan(100);
    expect(new Set(files.map(layerOf))).toEqual(new Set(Object.keys(LAYERS)));
  });

  it('lets arrows point down only', () => {
    const wrong = imports.filter(({ to }) => to.endsWith('.ts')).filter(({ from, to }) => !LAYERS[layerOf(from)]?.includes(layerOf(to)));
    expect(wrong, PICTURE).toEqual([]);
  });

  it('lets a room know only those before it', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [layer = '', room = '', file] = from.split('/');
      const rooms = file === undefined ? undefined : ROOMS[layer];
      return rooms !== undefined && layerOf(to) === layer && !rooms.slice(0, rooms.indexOf(room) + 1).includes(to.split('/')[1] ?? '');
    });
    expect(wrong).toEqual([]);
  });

  it('keeps each package in its home', () => {
    const wrong = imports
      .filter(({ to }) => !to.endsWith('.ts') && !to.startsWith('node:'))
      .filter(({ from, to }) => !HOMES[packageOf(to)]?.includes(layerOf(from)));
    expect(wrong).toEqual([]);
  });

  it('has no circle', () => {
    expect(files.flatMap((file) => circleFrom(file, [file]))).toEqual([]);
  });

  it('lets core touch nothing outside of itself', () => {
    expect(imports.filter(({ from, to }) => layerOf(from) === 'core' && to.startsWith('node:'))).toEqual([]);
  });
});

describe('sizes', () => {
  it('keeps a file within 200 lines and a task within 120', () => {
    const long = files
      .map((file) => ({ file, lines: readFileSync(join('src', file), 'utf8').split('\n').length - 1 }))
      .filter(({ file, lines }) => lines > (layerOf(file) === 'tasks' ? 120 : 200));
    expect(long).toEqual([]);
  });
});

function importsOf(file: string): Import[] {
  const text = readFileSync(join('src', file), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'|import\('([^']+)'\)|^import '([^']+)'/gm)];
  return found.map(([, named, lazy, bare]) => {
    const to = named ?? lazy ?? bare ?? '';
    return { from: file, to: to.startsWith('.') ? normalize(join(dirname(file), to)) : to };
  });
}

function layerOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The circles that lead back to the first file of the path. Types count too: a circle of types is a concept without a home. */
function circleFrom(file: string, path: readonly string[]): string[] {
  const next = imports.filter(({ from, to }) => from === file && to.endsWith('.ts')).map(({ to }) => to);
  return next.flatMap((to) => {
    if (to === path[0]) return [[...path, to].join(' → ')];
    return path.includes(to) || visited(path[0] ?? '', to) ? [] : circleFrom(to, [...path, to]);
  });
}

const seen = new Set<string>();

/** Each file is looked into once for each start, or deep trees take for ever. */
function visited(start: string, file: string): boolean {
  const key = `${start} ${file}`;
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}
