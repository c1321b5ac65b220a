import { dirname } from 'node:path';
import { LEASE_SECONDS, type LeaseTerms } from '../../core/lease.ts';
import { quote } from '../script/quote.ts';
import { FIND_TIMEOUT, SHELL_SETTING } from '../script/shell-setting.ts';

/** What an act says to its host's lease. */
export interface LeaseOrder {
  readonly terms: LeaseTerms;
  /** The newest token that is known; the act is not made where the host has another. Absent where nobody looked. */
  readonly seen?: string;
  /** The token of a lease that may be broken. */
  readonly breaks?: string;
  /** Whether a look will follow; without one the lease ends with the act. */
  readonly lasts: boolean;
  /** The act reboots the host, and the next boot is to be the run's, too. */
  readonly reboots?: true;
}

/** What a look of the holder does with the lease: at its beginning, or at its end. */
export interface LeaseTail {
  readonly do: 'keep' | 'give back';
  readonly token: string;
}

/** A lease that has less than this left is renewed, and one that had more was renewed so short a time ago that it need not be. */
const RENEW_SECONDS = 90;
/** A reboot and what comes up after it may take so long; by uptime, in which the time spent in the firmware does not count. */
const REBOOT_SECONDS = 300;
const REBOOT_NOTE = '/var/lib/drover/lease';

/**
 * Reads the lease with nothing but the shell's own means. It sets _seen to the newest token, _held to 1 where somebody holds the host,
 * _busy to 1 where the process of an act lives, and _l_… to the lease's parts. Root's leases lie where only root can write.
 */
const READ_LEASE = `_r=/run
if [ -w "$_r" ]; then _ld=$_r/drover
else
  for _r in /dev/shm /tmp; do [ -d "$_r" ] && [ -w "$_r" ] && break; done
  _ld=$_r/drover-$(id -u)
fi
_boot=none; { read -r _boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
# When a process was born, in ticks; nothing where it lives no more: proc(5), /proc/pid/stat.
_born() {
  _tick=
  { read -r _x </proc/"$1"/stat; } 2>/dev/null || return 0
  set -- \${_x##*) }
  case $1 in Z | X) ;; *) _tick=\${20} ;; esac
}
_lease_from() { { read -r _l_boot _l_n _l_until _l_pid _l_tick _l_run _l_owner && read -r _l_why; } 2>/dev/null <"$1"; }
_read_lease() {
  read -r _up _x </proc/uptime; _up=\${_up%%.*}
  _l_boot= _l_n=0 _l_until=0 _l_pid=- _l_tick=- _l_run= _l_owner= _l_why= _held= _busy=
  if [ -O "$_ld" ] && [ ! -L "$_ld" ] && [ -f "$_ld/lease" ]; then _lease_from "$_ld/lease"
  elif [ "$_r" = /run ] && [ "$_up" -lt ${REBOOT_SECONDS} ] && [ -O ${REBOOT_NOTE} ] && _lease_from ${REBOOT_NOTE}; then
    # The holder has rebooted the host, and is to have it again.
    if [ "$_l_boot" = "$_boot" ]; then _l_run=; else _l_boot=$_boot _l_until=${REBOOT_SECONDS} _l_pid=-; fi
    _l_n=0
  fi
  # Numbers as they are counted with: of these digits only, and no octal ones.
  case $_l_n:$_l_until in *[!0-9:]* | 0?*:* | *:0?* | :* | *:) _l_n=0 _l_until=0 ;; esac
  _seen=$_boot:$_l_n _left=$((_l_until - _up))
  [ "$_left" -gt 0 ] || _left=0
  if [ "$_l_boot" = "$_boot" ] && [ "$_l_run" ]; then
    _born "$_l_pid"
    [ -z "$_tick" ] || [ "$_tick" != "$_l_tick" ] || _busy=1
    if [ "$_left" != 0 ] || [ "$_busy" ]; then _held=1; fi
  fi
}
_say_lease() { [ -z "$_held" ] || printf '%s %s %s %s\\n%s' "$_left" "\${_busy:-0}" "$_l_run" "$_l_owner" "$_l_why"; }`;

/** Changing the lease, under a lock. FIND_TIMEOUT must stand before it. */
const CHANGE_LEASE = `_lock() {
  [ -d "$_ld" ] || mkdir -m 700 "$_ld" 2>/dev/null
  if [ ! -d "$_ld" ] || [ -L "$_ld" ] || [ ! -O "$_ld" ]; then printf '%s cannot be made, or is not ours' "$_ld"; return 1; fi
  if command -v flock >/dev/null; then
    # A redirection that fails would end the shell.
    if ! true >>"$_ld/lock"; then printf '%s/lock cannot be written' "$_ld"; return 1; fi 2>/dev/null
    exec 9>>"$_ld/lock"
    _limited 30 flock 9 || { exec 9>&-; printf '%s/lock is locked for half a minute' "$_ld"; return 1; }
  else
    _x=0
    until mkdir "$_ld/lock.d" 2>/dev/null; do
      [ $_x -lt 100 ] || { printf '%s/lock.d is not removed: see whether a process still needs it' "$_ld"; return 1; }
      _x=$((_x + 1)); sleep 0.1 2>/dev/null || sleep 1
    done
  fi
}
_unlock() { if command -v flock >/dev/null; then exec 9>&-; else rmdir "$_ld/lock.d"; fi; }
# The number, until when, the process and its birth.
_put() {
  printf '%s %s %s %s %s %s %s\\n%s\\n' "$_boot" "$1" "$2" "$3" "$4" "$_l_run" "$_l_owner" "$_l_why" >"$_ld/new" && mv -f "$_ld/new" "$_ld/lease"
}
_forget() { [ "$_r" != /run ] || [ ! -e ${REBOOT_NOTE} ] || rm -f ${REBOOT_NOTE}; }
_give_back() {
  _lock >/dev/null || return 0
  _read_lease
  [ "$_seen" != "$1" ] || [ "$_busy" ] || { _put "$_l_n" 0 - - && _forget; }
  _unlock
}
# While there is enough left of it, nothing is written.
_keep() {
  _read_lease
  [ "$_seen" = "$1" ] && [ "$_left" -lt ${RENEW_SECONDS} ] || return 0
  _lock >/dev/null || return 0
  _read_lease
  [ "$_seen" != "$1" ] || _put "$_l_n" $((_up + ${LEASE_SECONDS})) - -
  _unlock
}`;

/** The lease's part of an act: functions, the claim that lets it begin or end here, and what is done before its end. */
export function leaseOfAct({ terms, seen, breaks, lasts, reboots }: LeaseOrder): { readonly begin: string; readonly end: string } {
  const { run, owner, reason, heirTo } = terms;
  const begin = `${READ_LEASE}
${CHANGE_LEASE}
_claim() {
  _lock || { _m lease failed; return 1; }
  _read_lease
  _no=
  if ${seen === undefined ? 'false' : `[ "$_seen" != ${quote(seen)} ]`}; then _no=moved
  elif [ "$_busy" ]; then _no=busy
  elif [ "$_held" ] && [ "$_seen" != ${quote(breaks ?? '')} ]; then
    case $_l_run in ${heirTo.map(quote).join(' | ')}) ;; *) _no=held ;; esac
  fi
  if [ "$_no" ]; then _unlock; _say_lease; _m lease $_no "$_seen"; return 1; fi
  _born $$
  _mine=$_boot:$((_l_n + 1)) _l_run=${quote(run)} _l_owner=${quote(plain(owner).replaceAll(' ', '_'))} _l_why=${quote(plain(reason))}
  _put $((_l_n + 1)) ${lasts ? `$((_up + ${LEASE_SECONDS}))` : '0'} $$ "$_tick" || _no=1
  ${reboots ? `[ "$_r" != /run ] || { mkdir -p ${dirname(REBOOT_NOTE)} && cp "$_ld/lease" ${REBOOT_NOTE}; } || _no=1` : '_forget'}
  _unlock
  [ -z "$_no" ] || { printf '%s/lease cannot be written' "$_ld"; _m lease failed; return 1; }
  _m lease mine "$_mine"
}
# Somebody has broken the lease: nothing more is begun.
_still_ours() {
  { read -r _x _y _z <"$_ld/lease"; } 2>/dev/null && [ "$_x:$_y" = "$_mine" ] || { _m lease lost; _m end; exit 0; }
}
_claim || { _m end; exit 0; }`;
  return { begin, end: lasts ? '_keep "$_mine"' : '' };
}

/** The lease's part of a look: `first` stands before all reads, so that what comes after the newest act is known to. */
export function leaseOfLook(tail: LeaseTail | undefined): { readonly first: string; readonly last: string } {
  const change = tail === undefined ? '' : `\n${CHANGE_LEASE}`;
  const keep = tail?.do === 'keep' ? `\n_keep ${quote(tail.token)}; _read_lease` : '';
  const first = `${READ_LEASE}${change}\n_read_lease${keep}\n_m lease "$_seen"; _say_lease`;
  return { first, last: tail?.do === 'give back' ? `_give_back ${quote(tail.token)}` : '' };
}

/** A script of its own that gives a lease back. */
export function giveBackScript(token: string): string {
  return `_back() {\n${SHELL_SETTING}\n${FIND_TIMEOUT}\n${READ_LEASE}\n${CHANGE_LEASE}\n_give_back ${quote(token)}\nexit 0\n}\n_back\n`;
}

/** One line of printable signs: it is read again by the line. */
function plain(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
