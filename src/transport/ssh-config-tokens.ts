import { hostname } from 'node:os';
import { DroverError } from '../core/errors.ts';

/** What `~`, `%` tokens and `${}` stand for (ssh_config(5), TOKENS). */
export interface SshTokens {
  readonly alias: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly localUser: string;
  readonly home: string;
  readonly hostKeyAlias?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A path with everything in it expanded. */
export function expandPath(path: string, tokens: SshTokens): string {
  const atHome = path.replace(/^~(?=\/|$)/, tokens.home);
  const withTokens = atHome.includes('%') ? expandTokens(atHome, path, tokens) : atHome;
  return withTokens.replace(/\$\{(\w+)\}/g, (_, name: string) => tokens.env[name] ?? fault(path, `the variable ${name} is not set`));
}

function expandTokens(text: string, path: string, tokens: SshTokens): string {
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    h: tokens.address,
    p: `${tokens.port}`,
    r: tokens.user,
    n: tokens.alias,
    k: tokens.hostKeyAlias ?? tokens.alias,
    d: tokens.home,
    u: tokens.localUser,
    l: hostname(),
    L: hostname().split('.')[0] ?? '',
  };
  return text.replace(/%(.)/g, (token, letter: string) => values[letter] ?? fault(path, `${token} is not supported`));
}

/** The time in milliseconds that ssh_config(5) writes as seconds or as e.g. `1m30`; undefined for none. */
export function parseTime(text: string): number | undefined {
  if (text === 'none') return undefined;
  const parts = [...text.matchAll(/(\d+)([smhdw]?)/gi)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return fault(text, 'is no time');
  const seconds: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (seconds[unit.toLowerCase()] ?? 1), 0) * 1_000;
}

function fault(text: string, why: string): never {
  throw new DroverError('INVENTORY_INVALID', `ssh_config: ${JSON.stringify(text)}: ${why}`, { hint: 'Correct the ssh_config file.' });
}
