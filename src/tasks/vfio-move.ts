import { run } from '../core/change.ts';
import type { PciDevice } from '../probes/pci/pci.ts';

/** A driver brings links, disks and all else that it is for. */
const TOUCHES = [
  ...['file', 'stat', 'dir', 'glob'].map((kind) => `${kind} /sys/*`),
  ...['file /proc/*', 'stat /dev/*', 'dir /dev/*', 'command find *', 'command ip *'],
];

/**
 * A device's address, the driver that has it, the one that is to have it, and what driver_override holds then; an empty driver is
 * none. Where the new one does not take it, the old one gets it back. Giving back what a process has open would wait for that process.
 */
const MOVE = String.raw`
dev=/sys/bus/pci/devices/$1 was=$2 to=$3 keep=$4
driver() { [ ! -e "$dev/driver" ] || basename -- "$(readlink -- "$dev/driver")"; }
give() {
  printf '%s\n' "$2" >"$dev/driver_override" || return
  [ ! -e "$dev/driver" ] || printf %s "$1" >"$dev/driver/unbind" || return
  [ ! "$2" ] || printf %s "$1" >/sys/bus/pci/drivers_probe
  [ "$(driver)" = "$2" ]
}
keep() { printf '%s\n' "$1" >"$dev/driver_override"; }
found=$(driver)
# Loading the new driver's module gives it what no driver has.
[ "$found" != "$to" ] || { keep "$keep"; exit; }
[ "$found" = "$was" ] || { echo "$1 has another driver by now: '$found', not '$was'"; exit 1; }
[ -e "$dev/iommu_group" ] || { echo "$1 has no IOMMU group"; exit 1; }
open=/dev/vfio/$(basename -- "$(readlink -- "$dev/iommu_group")")
for one in "$open" "$dev"/vfio-dev/*; do
  [ -e "$one" ] || continue
  case $one in /sys/*) one=/dev/vfio/devices/$(basename -- "$one") ;; esac
  if ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q -- "-> $one\$"; then echo "a process has $one open"; exit 1; fi
done
before=$(cat "$dev/driver_override") || exit
if give "$1" "$to"; then keep "$keep"; exit; fi
echo "$1 did not get the driver '$to'"
give "$1" "$was"
[ "$before" != '(null)' ] || before=
keep "$before"
exit 1`;

/** The device goes from the driver that has it to vfio-pci, and is kept for it. */
export function toVfio({ address, driver = '' }: PciDevice, override: string | undefined, because: string) {
  const before = override === undefined || override === '(null)' ? '' : override;
  const move = (...words: readonly string[]) => ['sh', '-c', MOVE, 'drover-driver', address, ...words] as const;
  return run(move(driver, 'vfio-pci', 'vfio-pci'), { undo: move('vfio-pci', driver, before), because, touches: TOUCHES });
}

const UNLOAD = 'modprobe -r "$1" || echo "$1 stays loaded"';

/** The module is loaded. Taken back it goes where nothing else has taken to it since. */
export function loadVfio() {
  return run(['modprobe', 'vfio-pci'], {
    undo: ['sh', '-c', UNLOAD, 'drover-unload', 'vfio-pci'],
    because: 'vfio-pci is not loaded',
    touches: TOUCHES,
  });
}
