# shellcheck shell=bash
# An instance: its files, starting, waiting for, stopping and looking at its hosts. Sourced by lab.

inst_hosts() { # the hosts' names, from the env file
  ( . "$INST/env" && echo "$LAB_HOSTS" )
}

inst_state() { # prints none, up or broken
  local h
  if [ ! -e "$INST/env" ] && [ ! -e "/run/netns/$NETNS" ] && [ ! -d "$CG" ] && [ ! -e "$OWNER" ]; then
    echo none; return
  fi
  if [ ! -e "$INST/ready" ] || ! net_exists || [ ! -d "$( . "$INST/env" && echo "$LAB_BASE")/rootfs" ]; then
    echo broken; return
  fi
  for h in $(inst_hosts); do
    [ "$(host_state "$h")" != lost ] || { echo broken; return; }
  done
  echo up
}

host_state() { # running, booting, off, died (N) — or lost: its supervisor is gone without a word
  local d=$INST/hosts/$1
  if pid_alive "$d/sup.pid" > /dev/null; then
    if pid_alive "$d/pid" > /dev/null; then echo running; else echo booting; fi
  elif [ -s "$d/state" ]; then cat "$d/state"
  else echo lost
  fi
}

inst_write() { # inst_write KIND COUNT BASE: the files that describe the instance
  local kind=$1 n=$2 base=$3 i h a prefix=kvm digits=2 layer='' hosts=()
  [ "$kind" != light ] || prefix=light digits=3
  [ "$kind" != rhel ] || layer=$(layer_dir)
  for ((i = 1; i <= n; i++)); do printf -v h '%s%0*d' "$prefix" "$digits" "$i"; hosts+=("$h"); done
  mkdir -p "$INST"
  cat > "$INST/env" << E
DROVER_LAB_NAME='$LAB_NAME'
DROVER_LAB_DIR='$LAB_DIR'
LAB_NETNS='$NETNS'
LAB_KIND='$kind'
LAB_BASE='$base'
LAB_LAYER='$layer'
LAB_HOSTS='${hosts[*]}'
LAB_INVENTORY='$INST/inventory.yaml'
LAB_KEY='$INST/id_ed25519'
LAB_KNOWN_HOSTS='$INST/known_hosts'
E
  . "$INST/env"
  keys_ensure "${hosts[@]}"
  cp -p "$KEYS/id_ed25519" "$KEYS/id_ed25519.pub" "$INST/"
  disk_seed
  {
    echo "defaults: { user: root, private_key: $INST/id_ed25519, known_hosts: $INST/known_hosts }"
    echo "groups:"
    if [ "$kind" != light ]; then
      echo "  canary: { hosts: [${hosts[0]}${hosts[1]:+, ${hosts[1]}}] }"
      echo "  compute:"
    else
      echo "  light:"
    fi
    echo "    hosts:"
  } > "$INST/inventory.yaml"
  : > "$INST/known_hosts"
  for ((i = 0; i < n; i++)); do
    h=${hosts[i]} a=$(net_address "$i")
    mkdir -p "$INST/hosts/$h"
    printf '%d %s 02:99:00:00:%02x:%02x\n' "$i" "$a" $((i / 256)) $((i % 256)) > "$INST/hosts/$h/net"
    echo "      $h: { address: $a }" >> "$INST/inventory.yaml"
    keys_known_hosts "$h" "$a" >> "$INST/known_hosts"
    [ -z "$CPUINFO" ] || cp "$CPUINFO" "$INST/hosts/$h/cpuinfo"
  done
}

# A systemd host takes about 6 inotify instances of the machine's root user, who may have few of them.
inotify_check() { # inotify_check COUNT
  local max used key=/proc/sys/fs/inotify/max_user_instances
  max=$(cat $key)
  used=$({ find /proc/[0-9]*/fd -lname 'anon_inode:inotify' 2> /dev/null || true; } | wc -l)
  [ $((used + $1 * 6)) -le "$max" ] ||
    say "warning: $1 hosts may be too many for fs.inotify.max_user_instances=$max ($used in use). If some die: sysctl -w fs.inotify.max_user_instances=$((max * 8))"
}

host_start() { # starts the supervisor of a host whose disk is there
  local h=$1
  rm -f "$INST/hosts/$h/state"
  mkdir -p "$CG/$h/sup" "$CG/$h/host" "$CG/$h/exec"
  # In its own cgroup before its first step, so that it can be found whatever happens. Without the lock (fd 8).
  ( echo "$BASHPID" > "$CG/$h/sup/cgroup.procs"; exec 8>&-; exec setsid "$HERE/host.sh" "$h" ) \
    < /dev/null >> "$INST/hosts/$h/console.log" 2>&1 &
}

hosts_start() { # hosts_start HOST …: all of them, not too many booting at once
  local h n=0
  for h; do
    disk_make "$h"
    host_start "$h"
    n=$((n + 1))
    [ $((n % 8)) != 0 ] || host_wait_pid "$h"
  done
}

host_wait_pid() { # waits until a host has begun to boot
  local n
  for ((n = 0; n < 600; n++)); do [ ! -s "$INST/hosts/$1/pid" ] || return 0; sleep 0.02; done
}

wait_ssh() { # wait_ssh SECONDS HOST …: until every host's sshd says its banner; prints those that did not
  local limit=$1 h a args=(); shift
  for h; do read -r _ a _ < "$INST/hosts/$h/net"; args+=("$h" "$a"); done
  # shellcheck disable=SC2016 # for the inner bash
  nsenter --net="/run/netns/$NETNS" bash -c '
    end=$((SECONDS + $1)); shift
    while [ $# -gt 0 ]; do
      until { exec 3<> "/dev/tcp/$2/22" && read -r -t 5 -u 3 line && [ "${line#SSH-}" != "$line" ]; } 2> /dev/null; do
        [ $SECONDS -lt $end ] || { echo "$1"; break; }
        sleep 0.05
      done
      exec 3>&-
      shift 2
    done' _ "$limit" "${args[@]}"
}

wait_systemd() { # wait_systemd SECONDS HOST …: until each is fully up and runs docker; prints what is wrong
  local limit=$1 h pids=(); shift
  for h; do
    (
      end=$((SECONDS + limit)) s=
      while [ $SECONDS -lt $end ]; do
        s=$(host_exec "$h" timeout "$limit" systemctl is-system-running --wait 2> /dev/null < /dev/null) || true
        case $s in running | degraded) break ;; esac
        sleep 0.2
      done
      [ "$s" = running ] || { echo "$h: system is ${s:-not reachable}: $(host_exec "$h" systemctl --failed --plain --no-legend 2>&1 < /dev/null | cut -d' ' -f1 | paste -sd' ')"; exit 0; }
      s=$(host_exec "$h" systemctl is-active docker 2> /dev/null < /dev/null) || true
      [ "$s" = active ] || echo "$h: docker is ${s:-not reachable}"
    ) &
    pids+=($!)
  done
  wait "${pids[@]}" || true # these alone: the supervisors are children of this shell too
}

# host_exec HOST CMD …: becomes CMD inside the host, as root. The command is in the host's cgroup and ends with it.
host_exec() {
  local pid cg; pid=$(pid_alive "$INST/hosts/$1/pid") || { echo "lab: $1 is not running ($(host_state "$1"))" >&2; return 1; }
  cg=$CG/$1/exec; shift
  echo "$BASHPID" > "$cg/cgroup.procs"
  exec 8>&-
  exec nsenter -t "$pid" -a -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root TERM="${TERM:-linux}" LANG=C.UTF-8 setpriv --bounding-set "$DROP_CAPS" -- "$@"
}

inst_clean() { # inst_clean [keep]: ends everything of the instance; keep leaves the hosts' cpuinfo files
  cg_kill "$CG"
  net_down
  if [ "${1:-}" = keep ] && [ -d "$INST" ]; then
    find "$INST" -xdev -mindepth 1 -maxdepth 1 ! -name hosts -exec rm -rf --one-file-system {} +
    find "$INST/hosts" -xdev -mindepth 2 -maxdepth 2 ! -name cpuinfo -exec rm -rf --one-file-system {} + 2> /dev/null || true
  else
    rm -rf --one-file-system "$INST"
  fi
  rm -f "$OWNER"
  rmdir "${OWNER%/*}" 2> /dev/null || true
}
