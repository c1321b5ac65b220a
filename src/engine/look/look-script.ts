import type { Read } from '../../core/probe.ts';
import { type LeaseTail, leaseOfLook } from '../lease/lease-script.ts';
import type { Limits } from '../script/limits.ts';
import { markFunctions } from '../script/marks.ts';
import { quote, quoteArgv } from '../script/quote.ts';
import { FIND_TIMEOUT, SHELL_SETTING } from '../script/shell-setting.ts';
import { asideWords, FIND_NOBODY } from './aside.ts';

/** What a look asks, and the bits that mark the answers. */
export interface Question {
  readonly reads: readonly Read[];
  readonly nonce: string;
  readonly limits: Limits;
  /** Asks for the host's lease, too, and does with one that is held what is said. */
  readonly lease?: { readonly tail?: LeaseTail };
}

/** The line that is asked of stat(1) for each path: raw mode in hex, uid, gid, size, names of owner and group. */
const STAT_FORMAT = '%f %u %g %s %U/%G';

/** Files read by one process: more would only make the shell's own list of words slow. */
const BATCH = 128;

/**
 * One POSIX script for all the reads of a look. It is one function called in the last line, so that a script that arrived in
 * part does nothing. Files are read by one head(1) for all, with its own /proc/self/environ before each: it holds the nonce
 * and so parts the contents, also where the size that stat tells is wrong, as under /proc and /sys. What fails there is read
 * again one by one, to know which and why. Existence and permission are asked of the shell itself, which forks nothing.
 */
export function encodeLook({ reads, nonce, limits, lease }: Question): string {
  const { first = '', last = '' } = lease === undefined ? {} : leaseOfLook(lease.tail);
  return `_look() {
${SHELL_SETTING}
${markFunctions(nonce)}
${readFunctions(nonce, limits.fileBytes)}
_k=0
_m begin; _e begin
${lease?.tail === undefined ? '' : FIND_TIMEOUT}
${first}
${files(ofKind(reads, 'file'))}
${ofKind(reads, 'glob').map(glob).join('\n')}
[ $# = 0 ] || _heads "$@"
${stats(ofKind(reads, 'stat'))}
${ofKind(reads, 'dir').map(dir).join('\n')}
${commands(ofKind(reads, 'command'), Math.ceil(limits.readTimeoutMs / 1000))}
${last}
_m end; _e end
exit 0
}
_look
`;
}

/** The reads of one kind, in order: a read is named in the script by its place among its kind. */
export function ofKind<K extends Read['kind']>(reads: readonly Read[], kind: K): readonly Extract<Read, { kind: K }>[] {
  return reads.filter((read): read is Extract<Read, { kind: K }> => read.kind === kind);
}

/** A file that is over the limit shows by one byte more than the limit. */
function readFunctions(nonce: string, fileBytes: number): string {
  const head = `head -c ${fileBytes + 1}`;
  return `# Why a path is not there: 127 absent, 126 in a folder that may not be searched.
_no() {
  _p=$1
  while _p=\${_p%/*}; [ "$_p" ]; do
    if [ -d "$_p" ]; then
      [ -x "$_p" ] && return 127
      return 126
    fi
  done
  return 127
}
_denied() { [ "$1" != 126 ] || printf 'permission denied'; }
_one() { _k=$((_k + 1)); _m one $_k; _e one $_k; "$@"; _m done $?; }
# The number of the read, the path. Succeeds where it is to be read with the others.
_file() {
  if [ -f "$2" ]; then
    if [ -r "$2" ]; then _m file "$1" 0; printf '%s\\0' "$2"; return 0; fi
    _m file "$1" 126; printf '%s\\0permission denied' "$2"
  elif [ -e "$2" ]; then _m file "$1" 126; printf '%s\\0not a regular file' "$2"
  elif [ -L "$2" ]; then _m lone "$1"; printf '%s\\0' "$2"; _one ${head} -- "$2"
  else _no "$2"; _s=$?; _m file "$1" $_s; printf '%s\\0' "$2"; _denied $_s
  fi
  return 1
}
_heads() {
  _m heads
  env -i A=${nonce} PATH="$PATH" B=${nonce} head -q -c ${fileBytes + 1} -- "$@" 2>/dev/null
  _s=$?; _m done $_s
  [ $_s = 0 ] && return
  while [ $# != 0 ]; do _one ${head} -- "$2"; shift 2; done
}
_stats() {
  _m stats
  stat -c '${STAT_FORMAT}' -- "$@" 2>/dev/null
  _s=$?; _m done $_s
  [ $_s = 0 ] && return
  for _f in "$@"; do _one stat -c '${STAT_FORMAT}' -- "$_f"; done
}
# The kind and number of the read, the folder. Succeeds where its names can be read.
_listed() {
  if [ -d "$3" ]; then
    if [ -r "$3" ] && [ -x "$3" ]; then _m "$1" "$2" 0; return 0; fi
    _m "$1" "$2" 126; _denied 126
  elif [ -e "$3" ]; then _m "$1" "$2" 126; printf 'not a folder'
  else _no "$3"; _s=$?; _m "$1" "$2" $_s; _denied $_s
  fi
  return 1
}`;
}

const ADD_FILE = `set -- "$@" /proc/self/environ "$_f"
  [ $# -lt ${2 * BATCH} ] || { _heads "$@"; set --; }`;

function files(reads: readonly { readonly path: string }[]): string {
  return `set --; _i=0
for _f in ${paths(reads)}; do
  _file $_i "$_f" && {
  ${ADD_FILE}
  }
  _i=$((_i + 1))
done`;
}

function glob({ pattern }: { readonly pattern: string }, i: number): string {
  // Unquoted in the script, so that the shell expands it: nothing else may have a meaning there.
  if (!/^\/[\w.:/*?[\]-]*$/.test(pattern)) throw new TypeError(`not a pattern that can be read: ${pattern}`);
  const folder = pattern.slice(0, pattern.search(/[*?[]|$/)).replace(/\/[^/]*$/, '') || '/';
  // Where nothing matches, the shell leaves the pattern as it is: a name that looks like it is no match for that.
  return `_listed glob ${i} ${quote(folder)} && for _f in ${pattern}; do
  case $_f in ${pattern}) ;; *) continue ;; esac
  [ -f "$_f" ] && _file g${i} "$_f" && {
  ${ADD_FILE}
  }
done`;
}

function stats(reads: readonly { readonly path: string }[]): string {
  return `set --; _i=0
for _f in ${paths(reads)}; do
  if [ -e "$_f" ] || [ -L "$_f" ]; then _m stat $_i 0; set -- "$@" "$_f"
  else _no "$_f"; _s=$?; _m stat $_i $_s; _denied $_s
  fi
  _i=$((_i + 1))
done
[ $# = 0 ] || _stats "$@"`;
}

function dir({ path }: { readonly path: string }, i: number): string {
  const folder = quote(absolute(path).replace(/(?<=.)\/+$/, ''));
  return `_listed dir ${i} ${folder} && for _f in ${folder}/* ${folder}/.[!.]* ${folder}/..?*; do
  if [ -e "$_f" ] || [ -L "$_f" ]; then printf '%s\\0' "\${_f##*/}"; fi
done`;
}

function commands(reads: readonly Extract<Read, { kind: 'command' }>[], seconds: number): string {
  if (reads.length === 0) return '';
  const asked = reads.map(({ argv, onlyIf, unless, aside }, i) => {
    const words = `${aside === undefined ? '' : asideWords(aside)}${quoteArgv(argv)}`;
    const plain = `_m command ${i}; _e command ${i}; _limited ${seconds} ${words}; _m done $?`;
    const skip = (why: string) => `_m command ${i}; _e command ${i}; printf %s ${quote(`not asked: ${why}`)} >&2; _m done 127`;
    if (onlyIf !== undefined) return `if [ -e ${quote(absolute(onlyIf))} ]; then ${plain}\nelse ${skip(`${onlyIf} is absent`)}\nfi`;
    if (unless !== undefined) return `if [ -e ${quote(absolute(unless))} ]; then ${skip(`${unless} is there`)}\nelse ${plain}\nfi`;
    return plain;
  });
  const nobody = reads.some(({ aside }) => aside !== undefined) ? [FIND_NOBODY] : [];
  return [FIND_TIMEOUT, ...nobody, ...asked].join('\n');
}

function paths(reads: readonly { readonly path: string }[]): string {
  return reads.map(({ path }) => quote(absolute(path))).join(' ');
}

function absolute(path: string): string {
  if (!path.startsWith('/')) throw new TypeError(`not an absolute path: ${path}`);
  return path;
}
