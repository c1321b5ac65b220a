import type { Host } from '../../core/host.ts';
import type { Json } from '../../core/json.ts';

/** What texts and expressions may name on one host. */
export type Data = Readonly<Record<string, Json>>;

/** A host with its values, before a step adds its own. */
export interface HostData {
  readonly host: Host;
  readonly inventory: Data;
  readonly playbook: Data;
  readonly extra: Data;
  /** All of them as one, and `host`. */
  readonly data: Data;
}

/** Lays the values that hold for all steps over each other. */
export function hostData(host: Host, playbook: Data, extra: Data): HostData {
  const about = { name: host.name, groups: host.groups, address: host.connection.address };
  return { host, inventory: host.vars, playbook, extra, data: { ...host.vars, ...playbook, ...extra, host: about } };
}

/** A step's values lie over the playbook's and below those of the command line; the inputs of its file win over all of them. */
export function withStepVars({ data, extra }: HostData, vars: Data | undefined, inputs?: Data): Data {
  if (vars === undefined) return inputs === undefined ? data : { ...data, ...inputs };
  return { ...data, ...vars, ...extra, ...inputs, host: data['host'] ?? null };
}
