/**
 * What every script begins with. The C locale makes messages the same everywhere; the sbin folders are not in the PATH that
 * sshd gives; from here on stdin is empty, or a command that reads it would eat the rest of the script.
 */
export const SHELL_SETTING = `LC_ALL=C LANG=C; export LC_ALL LANG
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH
unset GLOBIGNORE CDPATH
umask 022
exec </dev/null`;

/**
 * Sets _t to the words that put a time limit before a command, a number of seconds to follow; to nothing where timeout(1) is
 * missing. BusyBox had `timeout -t` before 1.30 and no -k before 1.34, so it is asked; to find out that it is BusyBox forks nothing.
 */
export const FIND_TIMEOUT = `_t= _b=
if command -v timeout >/dev/null; then
  _t='timeout -k 2' _b=1
  IFS=:
  for _d in $PATH; do
    if [ -x "$_d/timeout" ]; then
      if [ "$_d/timeout" -ef /bin/busybox ] || [ "$_d/timeout" -ef "/proc/$$/exe" ]; then :; else _b=; fi
      break
    fi
  done
  unset IFS
  if [ "$_b" ]; then
    if timeout -k 2 9 true 2>/dev/null; then :
    elif timeout 9 true 2>/dev/null; then _t=timeout
    else _t='timeout -t'
    fi
  fi
fi
# Runs a command with a time limit in seconds; 124 says that it was ended by it. BusyBox leaves the signal's own status.
_limited() {
  _l=$1; shift
  command -v -- "$1" >/dev/null || { printf '%s: not found' "$1" >&2; return 127; }
  if [ "$_t" ]; then $_t "$_l" "$@"; else "$@"; fi
  _s=$?
  case $_b$_s in 1143 | 1137 | 137) return 124 ;; esac
  return $_s
}`;
