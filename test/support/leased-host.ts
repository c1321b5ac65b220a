import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../../src/core/session.ts';
import type { Leasing } from '../../src/engine/host/lease-state.ts';
import { localSession } from './local-session.ts';
import { tempFolder } from './temp-folder.ts';

/** A folder that plays a host with leases of its own: its /run, its uptime, its boot, and its note for the next boot. */
export function leasedHost(shell: readonly [string, ...string[]] = ['sh', '-s']) {
  const folder = tempFolder();
  const path = (name: string): string => join(folder, name);
  mkdirSync(path('run'));
  const setUptime = (seconds: number): void => writeFileSync(path('uptime'), `${seconds}.25 99.00\n`);
  const setBoot = (boot: string): void => writeFileSync(path('boot'), `${boot}\n`);
  setUptime(1000);
  setBoot('boot-a');
  const moved = (script: string): string =>
    script
      .replaceAll('_r=/run', `_r=${path('run')}`)
      .replaceAll('"$_r" = /run', `"$_r" = ${path('run')}`)
      .replaceAll('"$_r" != /run', `"$_r" != ${path('run')}`)
      .replaceAll('/dev/shm /tmp', path('shm'))
      .replaceAll('/proc/uptime', path('uptime'))
      .replaceAll('/proc/sys/kernel/random/boot_id', path('boot'))
      .replaceAll('/var/lib/drover', path('kept'));
  const open = (env?: NodeJS.ProcessEnv): Session => {
    const local = localSession(shell, env);
    return {
      ...local,
      look: (script, exchange) => local.look(moved(script), exchange),
      act: (script, exchange) => local.act(moved(script), exchange),
    };
  };
  return { path, open, moved, setUptime, setBoot, lease: () => readFileSync(path('run/drover/lease'), 'utf8') };
}

/** The terms of a made-up run. Waiting takes no time: `waited` is called for each pause. */
export function leasing(run: string, more: Partial<Leasing> & { readonly waited?: () => Promise<void> | void } = {}): Leasing {
  const { waited, ...rest } = more;
  const pause = async (): Promise<void> => {
    await waited?.();
  };
  const plain = {
    run,
    owner: `ops@${run}`,
    reason: `playbook of ${run}`,
    heirTo: [run],
    waitMs: 0,
    pause,
    cut: new AbortController().signal,
  };
  return { ...plain, ...rest };
}
