import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { labHosts, labInventory, onHost, requireLab, resetHosts } from './lab.ts';

/** Four hosts with a service that runs what its configuration says, and so can be broken by it. */
export const WEB_HOSTS = ['kvm01', 'kvm02', 'kvm03', 'kvm04'] as const;

const UNIT = '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nEnvironmentFile=/etc/web.conf\\nExecStart=/bin/sh -c "exec $WEB"\\n';
const START = `printf '${UNIT}' > /etc/systemd/system/web.service; echo WEB=sleep 8888 | tee /etc/web.conf > /run/web.conf; systemctl daemon-reload; systemctl start web.service`;

const RACKS: Readonly<Record<string, string>> = { kvm01: 'r1', kvm02: 'r1', kvm03: 'r1', kvm04: 'r2' };

/** Brings the hosts to their first boot, with the service running. */
export function startWeb(): void {
  requireLab();
  resetHosts(...WEB_HOSTS);
  for (const host of WEB_HOSTS) onHost(host, START);
}

/** Writes the lab's inventory with these hosts in one group, two of the last three in the first one's rack, and more groups beside it. */
export function writeWebInventory(path: string, group: string, more: Readonly<Record<string, unknown>> = {}): void {
  const { defaults } = parse(readFileSync(labInventory, 'utf8'));
  const hosts = Object.entries(labHosts())
    .filter(([name]) => name in RACKS)
    .map(([name, address]) => [name, { address, vars: { rack: RACKS[name] } }]);
  writeFileSync(path, JSON.stringify({ defaults, groups: { [group]: { hosts: Object.fromEntries(hosts) }, ...more } }));
}

/** What the service is told to run, host by host. */
export function webConfigurations(): readonly string[] {
  return WEB_HOSTS.map((host) => onHost(host, 'cat /etc/web.conf').trim());
}
