import type { Argv } from '../../core/probe.ts';
import type { DomainRestart } from '../../core/settling.ts';

/** The command that restarts a guest of libvirt, or starts it. */
export function domainRestartCommand({ domain, timeoutMs, late, only }: DomainRestart): Argv {
  return ['sh', '-c', SCRIPT, 'drover-domain', domain, String(Math.ceil(timeoutMs / 1000)), late ?? 'fail', only ?? 'restart'];
}

/**
 * Only a full stop and start takes a new definition up: `virsh reboot` keeps the process of QEMU. It is proved by the id, which
 * libvirt gives anew to each start. The button is pressed again while the guest runs: one that still boots does not hear the first.
 */
const SCRIPT = `
v() { virsh -q -c qemu:///system "$@"; }
name=$1 end=$(($(date +%s) + $2)) late=$3 only=$4
state() { v domstate "$name" | head -n 1; }
is_off() { [ "$(state)" = 'shut off' ]; }
now=$(state)
[ "$now" ] || { echo "$name is not known to libvirt"; exit 1; }
before=-
if [ "$now" = 'shut off' ]; then
  [ "$only" = start ] || { echo "$name is off, and takes its definition up when it is started"; exit 0; }
else
  [ "$only" != start ] || { echo "$name runs"; exit 0; }
  before=$(v domid "$name")
  pressed=0
  until is_off; do
    at=$(date +%s)
    if [ "$at" -ge "$end" ]; then
      [ "$late" = destroy ] || { echo "$name did not shut down within $2 s; it may still do so"; exit 1; }
      v destroy "$name" || is_off || exit 1
    elif [ "$at" -ge "$pressed" ]; then
      v shutdown "$name" || is_off || exit 1
      pressed=$((at + 20))
    fi
    sleep 1
  done
fi
v start "$name" || exit 1
after=$(v domid "$name")
case $after in '' | *[!0-9]*) echo "$name was started, and does not run"; exit 1 ;; esac
[ "$after" != "$before" ] || { echo "$name still has the id $before"; exit 1; }
echo "$name runs anew: its id was $before and is $after"
`;
