/** What tasks of one's own are made of: `import { defineTask, … } from 'drover/task'`. */
import {
  array,
  boolean,
  cidrv4,
  discriminatedUnion,
  enum as enumeration,
  int,
  ipv4,
  ipv6,
  literal,
  looseObject,
  number,
  object,
  record,
  strictObject,
  string,
  tuple,
  union,
} from 'zod';

/** The words of zod that params are made of. All of zod, its languages among them, would be loaded at every start of drover. */
export const z = {
  array,
  boolean,
  cidrv4,
  discriminatedUnion,
  enum: enumeration,
  int,
  ipv4,
  ipv6,
  literal,
  looseObject,
  number,
  object,
  record,
  strictObject,
  string,
  tuple,
  union,
};
export { run, settle, write } from './core/change.ts';
export { DroverError } from './core/errors.ts';
export { dir, file, fileImage, glob, stat } from './core/file.ts';
export { blocked, drift, steady } from './core/plan.ts';
export { all, command, commandIf, commandUnless, constant, each, map, recover } from './core/probe.ts';
export { reboot } from './core/reboot.ts';
export { defineTask, localTemplate, localText } from './core/task.ts';
