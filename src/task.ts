/** What tasks of one's own are made of: `import { defineTask, … } from 'drover/task'`. */
export * as z from 'zod';
export { run, settle, write } from './core/change.ts';
export { DroverError } from './core/errors.ts';
export { dir, file, fileImage, glob, stat } from './core/file.ts';
export { blocked, drift, steady } from './core/plan.ts';
export { all, command, commandIf, commandUnless, constant, each, map, recover } from './core/probe.ts';
export { reboot } from './core/reboot.ts';
export { defineTask, localTemplate, localText } from './core/task.ts';
