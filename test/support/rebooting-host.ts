import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { write } from '../../src/core/change.ts';
import { DroverError } from '../../src/core/errors.ts';
import { file } from '../../src/core/file.ts';
import { drift, type Plan, steady } from '../../src/core/plan.ts';
import { all, map } from '../../src/core/probe.ts';
import { reboot } from '../../src/core/reboot.ts';
import type { Session } from '../../src/core/session.ts';
import type { HostStep } from '../../src/core/step.ts';
import type { Rebooting } from '../../src/engine/host/progress.ts';
import { localSession } from './local-session.ts';
import { step, textImage } from './made-up-steps.ts';
import { tempFolder } from './temp-folder.ts';

/** What happens at each attempt to meet the host again; as the last one says it stays, and the connection with it. */
export type Encounter = 'old boot' | 'stopping' | 'refused' | 'no login' | 'other key' | 'starting' | 'new boot';

/** The marks of its two boots, as the kernel makes them. */
export const BOOTS = { old: '8b1a9953-c461-4f2e-9a3b-0f6f7d2c1e55', new: 'd2f5ab1c-77e0-4d52-8f9e-3d8f0f9a6b10' } as const;

/** What the folder plays of the host's own files. */
const MOVED = {
  '/proc/sys/kernel/random/boot_id': 'boot',
  '/run/systemd/shutdown/scheduled': 'scheduled',
  '/sys/kernel/kexec_loaded': 'kexec',
  '/var/lib/libvirt/qemu/save': 'saved',
} as const;

/**
 * A folder that plays a host which can be rebooted: its boot id, its systemctl, busctl and pgrep are ours, and time passes only
 * where somebody waits.
 */
export function rebootingHost(
  encounters: readonly Encounter[],
  { inhibitors = '0', packaging = '', boot = BOOTS.old as string, saved = [] as readonly string[], kexec = '0' } = {},
) {
  const folder = tempFolder();
  const bin = tempFolder();
  const path = (name: string): string => join(folder, name);
  const set = (name: string, text: string): void => writeFileSync(path(name), text);
  const programs = {
    busctl: `cat ${folder}/inhibitors`,
    pgrep: `cat ${folder}/packaging`,
    systemctl: `cat ${folder}/state`,
    setsid: `echo reboot >>${folder}/reboots`,
  };
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  set('boot', `${boot}\n`);
  set('state', 'running\n');
  set('inhibitors', inhibitors);
  set('packaging', packaging);
  set('kernel', 'old');
  set('kexec', `${kexec}\n`);
  mkdirSync(path('saved'));
  for (const name of saved) set(`saved/${name}`, 'image');

  const local = localSession(['sh', '-s'], { ...process.env, PATH: `${bin}:${process.env['PATH']}` });
  const moved = (script: string): string => Object.entries(MOVED).reduce((text, [from, name]) => text.replaceAll(from, path(name)), script);
  const open = (): Session => ({
    ...local,
    look: (script, exchange) => local.look(moved(script), exchange),
    act: (script, exchange) => local.act(moved(script), exchange),
  });
  let clock = 0;
  const cut = new AbortController();
  const left = [...encounters];
  const meet = (): Encounter => (left.length > 1 ? left.shift() : left[0]) ?? 'refused';
  const rebooting: Rebooting = {
    cut: cut.signal,
    elapsed: () => clock,
    pause: async (ms) => {
      clock += ms;
    },
    reconnect: async () => {
      // It is told in the background, and may be slower than we.
      await expect.poll(() => existsSync(path('reboots'))).toBe(true);
      const now = meet();
      if (now === 'refused') throw new DroverError('HOST_UNREACHABLE', 'connection refused');
      if (now === 'no login') throw new DroverError('AUTH_FAILED', 'System is booting up.');
      if (now === 'other key') throw new DroverError('HOST_KEY_CHANGED', 'another key');
      if (now === 'stopping' || now === 'starting') set('state', `${now}\n`);
      if (now === 'starting' || now === 'new boot') {
        set('boot', `${BOOTS.new}\n`);
        set('live', existsSync(path('configured')) ? readFileSync(path('configured'), 'utf8') : '');
      }
      if (now === 'new boot') set('state', 'degraded\n');
      // After the one look of an encounter the connection breaks, but for the last one.
      return left.length === 1 && left[0] === now ? open() : once(open());
    },
  };
  return { path, set, rebooting, cut, session: open(), now: () => clock, reboots: () => linesOf(path('reboots')) };
}

function once(session: Session): Session {
  let looks = 0;
  return {
    ...session,
    look: async (script, exchange) => {
      looks += 1;
      if (looks > 1) throw new DroverError('CONNECTION_LOST', 'the connection broke');
      return await session.look(script, exchange);
    },
  };
}

function linesOf(path: string): number {
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0;
}

/** A file says this text, and the next boot makes it so. */
export function bootStep(number: number, host: { readonly path: (name: string) => string }, text: string): HostStep {
  const configured = host.path('configured');
  const live = host.path('live');
  return step(
    number,
    map(
      all<{ configured: string | undefined; live: string | undefined }>({ configured: file(configured), live: file(live) }),
      (state): Plan => {
        const isConfigured = state.configured?.includes(text) === true;
        if (isConfigured && state.live?.includes(text) === true) return steady('it is so');
        const before = state.configured === undefined ? undefined : textImage(state.configured);
        const writes = isConfigured ? [] : [write(configured, before, textImage(`${state.configured ?? ''}${text}`), 'it does not say so')];
        return drift(...writes, reboot(`this boot is not ${text}`));
      },
    ),
  );
}
