#!/bin/bash
# Keeps one host running: host.sh HOST. Started by lab in a session of its own, with the instance's name and
# directory in the environment. One turn of the loop is one boot.
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$HERE/common.sh"
# shellcheck source=/dev/null
. "$INST/env" # LAB_KIND, LAB_BASE
H=$1 D=$INST/hosts/$1

echo "$$ $(proc_start $$)" > "$D/sup.pid"
rm -f "$D/ready"; mkfifo "$D/ready"
exec 3<> "$D/ready"

while :; do
  rm -f "$D/pid" "$D/state"
  find "$CG/$H/host" -mindepth 1 -depth -type d -exec rmdir {} + 2> /dev/null
  read -r up _ < /proc/uptime; up=${up%.*} # the time namespace makes the host's uptime begin at 0
  echo "[lab] $H boots"
  # The cgroup is entered before unshare makes a namespace of it, so that it is the host's root cgroup.
  ( echo "$BASHPID" > "$CG/$H/host/cgroup.procs"
    exec env -i PATH="$PATH" unshare -m -u -i -n -p -C -T --boottime "-$up" --monotonic "-$up" --fork \
      "$HERE/host-inner.sh" "$D" "$H" "$NETNS" "$LAB_KIND" "$LAB_BASE/dev" "$DROP_CAPS" ) 3> "$D/ready" &
  U=$!
  # host-inner.sh writes its pid, as the machine sees it, when everything is in place.
  P=
  until read -r -t 1 -u 3 P || ! kill -0 "$U" 2> /dev/null; do :; done
  [ -z "$P" ] || echo "$P $(proc_start "$P")" > "$D/pid"
  # unshare itself stays outside the pid namespace; out of the host's cgroup with it too, as systemd may want to
  # hand controllers down from there.
  echo "$U" > "$CG/$H/sup/cgroup.procs" 2> /dev/null
  wait "$U" 2> /dev/null; rc=$?
  rm -f "$D/pid"
  echo "[lab] $H ended ($rc)"
  # reboot(2) in a pid namespace ends its pid 1 with SIGHUP for a restart, SIGINT for a halt; unshare passes it on.
  case $rc in
    129) sleep "${DROVER_LAB_REBOOT_SECONDS:-1}" ;;
    130) echo off > "$D/state"; exit 0 ;;
    *) echo "died ($rc)" > "$D/state"; exit 1 ;;
  esac
done
