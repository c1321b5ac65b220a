import type { Argv } from '../../core/probe.ts';
import type { GrubMenu, Reboot, Settling } from '../../core/settling.ts';
import { domainRestartCommand } from './domain-restart.ts';

/** The commands of a settling that the host does while it stays up, in order; each must succeed before the next. */
export function settlingCommands(settling: Exclude<Settling, Reboot>): readonly Argv[] {
  switch (settling.what) {
    case 'initramfs':
      // Of all kernels: which one boots next is for the boot loader to say.
      return settling.tool === 'dracut' ? [['dracut', '--force', '--regenerate-all']] : [['update-initramfs', '-u', '-k', 'all']];
    case 'grub':
      return [grubCommand(settling)];
    case 'daemon-reload':
      return [['systemctl', 'daemon-reload']];
    case 'module-reload':
      return [
        ['modprobe', '-r', settling.module],
        ['modprobe', settling.module],
      ];
    case 'restart':
      // reset-failed: systemd refuses a start after some failures in a row (StartLimitBurst of systemd.unit(5)).
      return [
        ['systemctl', 'reset-failed', settling.unit],
        ['systemctl', 'restart', settling.unit],
      ];
    case 'domain-restart':
      return [domainRestartCommand(settling)];
    default:
      return settling satisfies never;
  }
}

function grubCommand({ path, tool, present = [], absent = [] }: GrubMenu): Argv {
  return ['sh', '-c', GRUB_SCRIPT, 'drover-grub', path, tool, present.join('\n'), absent.join('\n')];
}

/**
 * Makes the menu beside the old one, checks it, and swaps it in by rename(2): grub-mkconfig itself rewrites its file in place
 * (grub-mkconfig of grub-common 2.06), and some builds end with 0 after a syntax error (Red Hat's). The old file is kept in
 * /var/lib/drover/backup.
 */
const GRUB_SCRIPT = String.raw`
umask 077
path=$(readlink -f -- "$1") && [ "$path" ] || { echo "$1: leads nowhere"; exit 1; }
tool=$2 present=$3 absent=$4 new=$path.drover
fail() { echo "$1; $path is as it was"; exit 1; }
command -v "$tool" >/dev/null || fail "there is no $tool"
# On the EFI partition stands a short file that only points to the real one.
if [ -e "$path" ] && grep -q '^[[:space:]]*configfile[[:space:]]' "$path" && ! grep -Eq '^[[:space:]]*(menuentry|blscfg)' "$path"; then
  fail "$path only points to another file"
fi
trap 'rm -f -- "$new" "$new.new"' EXIT
trap 'exit 129' HUP INT TERM PIPE
rm -f -- "$new" "$new.new"
said=$("$tool" -o "$new" 2>&1) || { printf '%s\n' "$said"; fail "$tool failed"; }
[ -s "$new" ] && [ ! -e "$new.new" ] || { printf '%s\n' "$said"; fail "$tool has left no whole file"; }
checker=
for one in grub-script-check grub2-script-check; do command -v $one >/dev/null && checker=$one; done
[ "$checker" ] || fail 'there is no grub-script-check'
said=$("$checker" "$new" 2>&1) || { printf '%s\n' "$said"; fail "$checker refuses the new file"; }
if ! grep -Eq '^[[:space:]]*blscfg' "$new"; then
  grep -Eq '^[[:space:]]*menuentry[[:space:]]' "$new" || fail 'the new file has no entry'
  found=
  for kernel in /boot/vmlinu[xz]-*; do
    [ -e "$kernel" ] || continue
    name=/$(basename -- "$kernel")
    if grep -Fq -- "$name " "$new"; then found=1; continue; fi
    [ ! -e "$path" ] || ! grep -Fq -- "$name " "$path" || fail "the new file has lost the kernel $kernel"
  done
  [ "$found" ] || fail 'the new file names no kernel of /boot'
  said=$(PRESENT=$present ABSENT=$absent awk '
    BEGIN { p = split(ENVIRON["PRESENT"], present, "\n"); a = split(ENVIRON["ABSENT"], absent, "\n") }
    /^### BEGIN .*\/10_linux / { ours = 1 }
    /^### END .*\/10_linux / { ours = 0 }
    ours && $1 == "menuentry" { recovery = /[(]recovery mode[)]/ }
    ours && !recovery && $1 ~ /^linux(efi|16)?$/ {
      line = " " $0 " "; gsub(/\t/, " ", line)
      for (i = 1; i <= p; i++) if (present[i] != "" && !index(line, " " present[i] " ")) { print "an entry lacks " present[i]; exit }
      for (i = 1; i <= a; i++) if (absent[i] != "" && index(line, " " absent[i] " ")) { print "an entry still has " absent[i]; exit }
    }' "$new") || fail 'awk could not read the new file'
  [ ! "$said" ] || fail "in the new file $said"
fi
if [ -e "$path" ]; then
  mkdir -p /var/lib/drover/backup && cp -p -- "$path" "/var/lib/drover/backup/$(basename -- "$path")" || fail 'the old file could not be kept'
  chmod --reference="$path" -- "$new" && chown --reference="$path" -- "$new" || fail 'mode and owner could not be set'
fi
[ ! -e /sys/fs/selinux/enforce ] || chcon --reference="$path" -- "$new" 2>/dev/null || :
sync -- "$new" 2>/dev/null || sync
mv -f -- "$new" "$path" || fail 'it could not be swapped in'
sync -- "$(dirname -- "$path")" 2>/dev/null || sync
echo "$path is new"
`;
