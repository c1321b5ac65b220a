import { createHash } from 'node:crypto';
import type { Write } from '../../core/change.ts';
import type { FileImage } from '../../core/file.ts';
import { quote } from '../script/quote.ts';
import { toBytes } from '../script/text.ts';

/** The status of a write that found another state than the plan did, and touched nothing. */
export const STALE = 200;

/**
 * The shell functions that replace a file without a torn moment. The new bytes go to a file beside the old one, which
 * begins as its copy (so ACL, attributes and SELinux context stay), is checked, and takes its place by rename(2); a new file
 * comes by link(2), which never replaces one that appeared meanwhile.
 */
export function writeFunctions(nonce: string): string {
  return `_new=
_clean() { [ -z "$_new" ] || rm -f -- "$_new"; _new=; }
trap _clean EXIT
trap 'exit 129' HUP INT TERM PIPE
# A regular file's path, and how it must be: digest, mode, owner, group.
_is() {
  [ -f "$1" ] && [ ! -L "$1" ] || { printf '%s: not a regular file\\n' "$1"; return ${STALE}; }
  _x=$(sha256sum <"$1") || return 1
  [ "\${_x%% *}" = "$2" ] || { printf '%s: holds other bytes\\n' "$1"; return ${STALE}; }
  _x=$(stat -c '/%a/%u/%g/%U/%G/' -- "$1") || return 1
  case $_x in "/$3/$4/"* | "/$3/"*/*/"$4"/*) ;; *) printf '%s: has another mode or owner: %s\\n' "$1" "$_x"; return ${STALE} ;; esac
  case $_x in /*/*/"$5"/*/*/ | /*/*/*/*/"$5"/) ;; *) printf '%s: has another group: %s\\n' "$1" "$_x"; return ${STALE} ;; esac
}
# As _is, or without a digest: that there is nothing.
_still() {
  if [ "$2" ]; then _is "$@"
  elif [ -e "$1" ] || [ -L "$1" ]; then printf '%s: is there by now\\n' "$1"; return ${STALE}
  fi
}
_sync() { sync -- "$1" 2>/dev/null || sync; }
# The path, how it shall be, how it must be now.
_fill() {
  if [ "$6" ]; then cp -a -- "$1" "$_new"; else ( umask 077; set -C; : >"$_new" ); fi || return 1
  chmod 600 -- "$_new" || return 1
  # A shell's own printf says of a full disk only that there was an error: cat, asked again, says which.
  _content >"$_new" || _content 2>/dev/null | cat >"$_new" || return 1
  _x=$(stat -c '/%u/%g/%U/%G/' -- "$_new") || return 1
  case $_x in "/$4/$5/"* | */"$4/$5/" | "/$4/"*/"$5/") ;; *) chown -- "$4:$5" "$_new" || return 1 ;; esac
  chmod "$3" -- "$_new" && _is "$_new" "$2" "$3" "$4" "$5" && _sync "$_new" || return 1
}
_swap() {
  _still "$1" "$6" "$7" "$8" "$9" || return
  if [ "$6" ]; then mv -f -- "$_new" "$1"; return; fi
  # A file system without hard links: mv -n leaves the new file where it is if something is in its way.
  ln -T -- "$_new" "$1" 2>/dev/null || { _still "$1" && mv -n -T -- "$_new" "$1" && [ ! -e "$_new" ]; } || return
  [ ! -e /sys/fs/selinux/enforce ] || restorecon -- "$1" || return
}
_write() {
  _still "$1" "$6" "$7" "$8" "$9" || return
  _new=\${1%/*}/.drover-${nonce.slice(0, 16)}
  _fill "$@" || { _clean; return 1; }
  _swap "$@"; _s=$?
  _clean
  [ $_s != 0 ] || _sync "\${1%/*}/" || _s=$?
  return $_s
}
_remove() { _is "$@" && rm -f -- "$1" && _sync "\${1%/*}/"; }`;
}

/** The commands of one write. */
export function writeCommands({ path, before, after }: Write): string {
  const was = before === undefined ? '' : image(before);
  if (after === undefined) return `_remove ${quote(path)} ${was}`;
  return `_content() { ${printContent(after)}; }
_write ${quote(path)} ${image(after)} ${was}`;
}

function image(file: FileImage): string {
  return [digest(file), file.mode.toString(8), quote(file.owner), quote(file.group)].join(' ');
}

function digest({ content, encoding }: FileImage): string {
  return createHash('sha256')
    .update(toBytes(encoding === undefined ? { text: content } : { text: content, encoding }))
    .digest('hex');
}

/** printf is built into the shell: so a content is in no argv that others can see, and has no limit of length. */
function printContent({ content, encoding }: FileImage): string {
  if (encoding === undefined && !content.includes('\0')) return `printf %s ${quote(content)}`;
  const format = content.replaceAll('\\', '\\\\').replaceAll('%', '%%').replaceAll('\0', '\\000');
  return `printf -- ${quote(encoding === undefined ? format : format.replace(/[^\n\x20-\x7e]/g, octal))}`;
}

function octal(char: string): string {
  return `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
}
