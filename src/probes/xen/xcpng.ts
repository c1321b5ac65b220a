import { file } from '../../core/file.ts';
import { all, commandIf, map, type Probe, type Reading, readKey } from '../../core/probe.ts';

/** What says that xapi keeps the guests of a host, and which it is. */
const INVENTORY = '/etc/xensource-inventory';

/** A host whose guests xapi keeps, and one of them. */
export interface XcpngGuest {
  /** As `XCP-ng 8.3.0`; undefined where no xapi is. */
  readonly product: string | undefined;
  /** The name of the key that lets a guest nest; undefined where it is not known. */
  readonly key: string | undefined;
  /** `halted`, `running`, `paused` or `suspended`. */
  readonly power: Reading;
  /** Not empty for HVM guests. */
  readonly bootPolicy: Reading;
  readonly platform: Reading;
}

/** The read of one field of a guest; xe asks xapi, which must run on such a host anyway. */
function field(uuid: string, name: string): Probe<Reading> {
  return commandIf(INVENTORY, 'xe', 'vm-param-get', `uuid=${uuid}`, `param-name=${name}`);
}

/** The key of the answer that a change of a guest's platform map alters. */
export function platformKeys(uuid: string): readonly string[] {
  return field(uuid, 'platform').reads.map(readKey);
}

export function xcpngGuest(uuid: string): Probe<XcpngGuest> {
  return map(
    all({
      inventory: file(INVENTORY),
      power: field(uuid, 'power-state'),
      bootPolicy: field(uuid, 'HVM-boot-policy'),
      platform: field(uuid, 'platform'),
    }),
    ({ inventory, ...fields }) => {
      const brand = valueIn(inventory ?? '', 'PRODUCT_BRAND');
      const version = valueIn(inventory ?? '', 'PRODUCT_VERSION');
      return { product: inventory === undefined ? undefined : `${brand} ${version}`, key: nestingKey(brand, version), ...fields };
    },
  );
}

/** One value of a guest's platform map, which xe prints as `acpi: 1; nested-virt: true`. */
export function platformValue({ stdout }: Reading, key: string): string | undefined {
  const pairs = stdout.trim().split(/;\s*/);
  return pairs.find((pair) => pair.startsWith(`${key}: `))?.slice(key.length + 2);
}

/** As xapi reads such values. */
export function isTrue(value: string | undefined): boolean {
  return value === '1' || value?.toLowerCase() === 'true';
}

/** XCP-ng 8.3 knows another key and ignores the old one. Of later versions of others it was not found out. */
function nestingKey(brand: string, version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 8 || (major === 8 && minor < 3)) return 'exp-nested-hvm';
  return brand === 'XCP-ng' ? 'nested-virt' : undefined;
}

/** The file is a list of assignments of the shell, each value in single quotes. */
function valueIn(text: string, name: string): string {
  return new RegExp(`^${name}='([^']*)'`, 'm').exec(text)?.[1] ?? 'unknown';
}
