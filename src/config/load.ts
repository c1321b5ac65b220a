export type { BaseSettings, ConnectionSettings } from './connection.ts';
export { selectHosts } from './flag-pattern.ts';
export { completeConnection, type Inventory, type InventoryHost, why } from './inventory.ts';
export { inventorySchema, playbookSchema, stepsSchema } from './json-schema.ts';
export type { LoadedWork } from './lay-work.ts';
export { loadInventory } from './load-inventory.ts';
export { adhocWork, loadPlaybook } from './load-work.ts';
export type { PlaybookOptions, WorkOptions } from './work-options.ts';
