/** What tasks of one's own are made of: `import { defineTask, … } from 'drover/task'`. */
import * as zod from 'zod';

/** The words of zod that params are made of. All of zod, its languages among them, would be loaded at every start of drover. */
export const z = {
  array: zod.array,
  boolean: zod.boolean,
  cidrv4: zod.cidrv4,
  discriminatedUnion: zod.discriminatedUnion,
  enum: zod.enum,
  int: zod.int,
  ipv4: zod.ipv4,
  ipv6: zod.ipv6,
  literal: zod.literal,
  looseObject: zod.looseObject,
  number: zod.number,
  object: zod.object,
  record: zod.record,
  strictObject: zod.strictObject,
  string: zod.string,
  tuple: zod.tuple,
  union: zod.union,
};
export { type Change, run, settle, write } from './core/change.ts';
export { DroverError } from './core/errors.ts';
export { dir, type FileImage, type FileMeta, file, fileImage, glob, stat } from './core/file.ts';
export type { Json } from './core/json.ts';
export { blocked, drift, type Plan, steady } from './core/plan.ts';
export { type Argv, all, command, commandIf, commandUnless, constant, each, map, type Probe, type Reading, recover } from './core/probe.ts';
export { reboot } from './core/reboot.ts';
export { type AnyTask, defineTask, localTemplate, localText, type Task } from './core/task.ts';
