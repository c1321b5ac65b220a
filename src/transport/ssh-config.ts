import { wildcard } from './known-hosts.ts';
import { HONOURED, type HonouredKey, NAMED, REFUSED } from './ssh-config-keys.ts';
import { fault, type SshConfigFile, type SshConfigLine } from './ssh-config-lines.ts';

/** What a resolution depends on besides the files. */
export interface SshConfigContext {
  /** Who runs drover. */
  readonly localUser: string;
  /** The user to log in as, where the inventory says so: `Match user` sees it. */
  readonly user?: string;
  /** The files that an Include names, in order. */
  readonly include: (pattern: string, from: string) => readonly SshConfigFile[];
}

/** Values as they stand, first ones first. Tokens and `~` are not expanded, but for those in HostName. */
export interface SshConfigValues {
  readonly values: Readonly<Partial<Record<HonouredKey, readonly string[]>>>;
  /** What stands in the files and makes no difference here, though it might to ssh. */
  readonly warnings: readonly string[];
}

interface State {
  readonly alias: string;
  readonly context: SshConfigContext;
  readonly values: Partial<Record<HonouredKey, readonly string[]>>;
  readonly seen: Set<string>;
  readonly warnings: string[];
}

/** As many as OpenSSH follows (READCONF_MAX_DEPTH in readconf.c). */
const MAX_DEPTH = 16;

/** What ssh_config(5) files say of a host: the first value of a key wins. Throws INVENTORY_INVALID where that cannot be told. */
export function resolveSshConfig(files: readonly SshConfigFile[], alias: string, context: SshConfigContext): SshConfigValues {
  const state: State = { alias, context, values: {}, seen: new Set(), warnings: [] };
  for (const file of files) readLines(state, file, { applies: true, depth: 0 });
  const { hostname } = state.values;
  const [name] = hostname ?? [];
  const values = name === undefined ? state.values : { ...state.values, hostname: [expandHostName(name, alias)] };
  return { values, warnings: [...new Set(state.warnings)] };
}

interface Scope {
  readonly applies: boolean;
  readonly depth: number;
}

function readLines(state: State, lines: SshConfigFile, scope: Scope): void {
  let applies = scope.applies;
  for (const line of lines) {
    // An Include inside a block that does not apply never does, whatever Host lines it holds.
    if (line.keyword === 'host') applies = scope.applies && isForHost(line.words, state.alias);
    else if (line.keyword === 'match') applies = isMatch(state, line, scope.applies);
    else if (line.keyword === 'include') readIncluded(state, line, { applies, depth: scope.depth });
    else if (applies) take(state, line);
  }
}

function readIncluded({ context, ...rest }: State, { words, source }: SshConfigLine, { applies, depth }: Scope): void {
  if (depth >= MAX_DEPTH) fault(source, 'includes files too deep');
  for (const file of words.flatMap((word) => context.include(word, source))) {
    readLines({ context, ...rest }, file, { applies, depth: depth + 1 });
  }
}

function take(state: State, { keyword, words, source }: SshConfigLine): void {
  const [first = ''] = words;
  const harmless = REFUSED[keyword];
  const isTaken = state.seen.has(keyword);
  // Whichever of the two comes first counts.
  if (keyword === 'proxycommand' && state.values.proxyjump !== undefined) return;
  if (keyword === 'proxyjump' && state.seen.has('proxycommand')) return;
  if (harmless !== undefined && !isTaken) {
    state.seen.add(keyword);
    if (first.toLowerCase() !== harmless) fault(source, `${keyword} is not supported`);
  } else if (NAMED.includes(keyword)) {
    if (!isTaken) state.warnings.push(`${source}: ${keyword} is not honoured`);
    state.seen.add(keyword);
  } else if (keyword in HONOURED) keep(state, { keyword: keyword as HonouredKey, words, source });
}

function keep({ values }: State, { keyword, words, source }: SshConfigLine & { readonly keyword: HonouredKey }): void {
  const kind = HONOURED[keyword];
  if (kind !== 'all' && words.length > 1) fault(source, `has more than one value for ${keyword}`);
  if (keyword === 'port' && !/^[1-9]\d{0,4}$/.test(words[0] ?? '')) fault(source, `${words[0]} is no port`);
  if (kind === 'each') values[keyword] = [...new Set([...(values[keyword] ?? []), ...words])];
  else values[keyword] ??= words;
}

function isForHost(patterns: readonly string[], alias: string): boolean {
  const matches = (pattern: string) => wildcard(pattern).test(alias);
  if (patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern));
}

/** A Match line's criteria, which must all hold; each may be negated. What follows one that fails is not looked at. */
function isMatch(state: State, { words, source }: SshConfigLine, enclosed: boolean): boolean {
  let holds = enclosed;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const isNegated = word.startsWith('!');
    const [criterion = '', given] = word.slice(isNegated ? 1 : 0).split('=');
    const name = criterion.toLowerCase();
    if (name === 'all') {
      if (words.length > 1) fault(source, '`all` stands alone in a Match');
      holds &&= !isNegated;
      continue;
    }
    if (name === 'exec' || name === 'canonical' || name === 'final') {
      if (holds) fault(source, `\`Match ${name}\` is not supported`);
      if (name !== 'exec') continue;
    }
    if (given === undefined) at += 1;
    const value = given ?? words[at];
    if (value === undefined) return fault(source, `has no value after ${name}`);
    if (holds && name !== 'exec') holds = isCriterion(state, { name, value, source }) !== isNegated;
  }
  return holds;
}

function isCriterion(
  state: State,
  { name, value, source }: { readonly name: string; readonly value: string; readonly source: string },
): boolean {
  const { alias, context, values } = state;
  switch (name) {
    case 'host':
      return isInList(expandHostName(values.hostname?.[0] ?? '%h', alias).toLowerCase(), value.toLowerCase());
    case 'originalhost':
      return isInList(alias.toLowerCase(), value.toLowerCase());
    case 'user':
      return isInList(context.user ?? values.user?.[0] ?? context.localUser, value);
    case 'localuser':
      return isInList(context.localUser, value);
    default:
      return fault(source, `\`Match ${name}\` is not supported`);
  }
}

function isInList(text: string, list: string): boolean {
  return isForHost(list.split(','), text);
}

function expandHostName(name: string, alias: string): string {
  return name.replace(/%(.)/g, (token, letter: string) => (letter === 'h' ? alias : letter === '%' ? '%' : token));
}
