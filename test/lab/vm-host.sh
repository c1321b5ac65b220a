# shellcheck shell=bash
# One VM: starting it, talking to it, ending it. Its directory holds disk.qcow2, pid, address and its logs. Sourced by vm.

host_qemu() { # host_qemu DIR ADDRESS CGROUP [ARG …]: starts QEMU on DIR/disk.qcow2; ADDRESS:22 in the network namespace leads to its sshd
  local dir=$1 address=$2 cg=$3; shift 3
  mkdir -p "$cg"
  # In its cgroup before its first step, so that it can be found whatever happens; without the locks. The shell becomes
  # QEMU step by step, so its pid is QEMU's. The sockets' paths are relative: a unix socket's path must be short.
  (
    echo "$BASHPID" > "$cg/cgroup.procs"
    cd "$dir" || exit
    exec 7>&- 8>&- nsenter --net="/run/netns/$NETNS" nice -n 5 setsid qemu-system-x86_64 "${MACHINE_ARGS[@]}" \
      -drive file=disk.qcow2,if=none,id=disk,format=qcow2,cache=unsafe,discard=unmap \
      -netdev "user,id=net,restrict=on,hostfwd=tcp:$address:22-10.0.2.15:22" \
      -serial file:console.log -monitor unix:monitor,server=on,wait=off "$@"
  ) < /dev/null > "$dir/qemu.log" 2>&1 &
  echo "$! $(proc_start $!)" > "$dir/pid"
}

host_monitor() { # host_monitor DIR COMMAND: what QEMU's monitor says to it
  (cd "$1" && printf '%s\n' "$2" | timeout 30 socat -t 10 - UNIX-CONNECT:monitor | tr -d '\r') 2> /dev/null
}

host_monitor_until() { # host_monitor_until SECONDS DIR COMMAND PATTERN: asks again until the answer matches
  local end=$((SECONDS + $1))
  while [ $SECONDS -lt $end ]; do
    pid_alive "$2/pid" > /dev/null || { tail -n 5 "$2/qemu.log" >&2; return 1; }
    [[ $(host_monitor "$2" "$3") != *$4* ]] || return 0
    sleep 0.1
  done
  return 1
}

host_resume() { # host_resume DIR: once the saved memory is read; a state that was saved while stopped stays paused
  host_monitor_until 120 "$1" 'info status' 'VM status: paused'$'\n' && host_monitor "$1" cont > /dev/null
}

# host_ssh DIR CMD …: as root, with the key and the host key that lie in DIR
host_ssh() {
  local dir=$1; shift
  nsenter --net="/run/netns/$NETNS" ssh -F none -i "$dir/id_ed25519" -o IdentitiesOnly=yes -o UserKnownHostsFile="$dir/known_hosts" \
    -o StrictHostKeyChecking=yes -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=20 -o ServerAliveCountMax=6 -o LogLevel=ERROR "root@$(cat "$dir/address")" "$@"
}

host_keys() { # host_keys IMAGE DIR NAME ADDRESS: what host_ssh needs
  cp -p "$1/id_ed25519" "$1/id_ed25519.pub" "$2/"
  echo "$4" > "$2/address"
  echo "$3,$4 $(cut -d' ' -f1,2 "$1/ssh_host_ed25519_key.pub")" > "$2/known_hosts"
}

host_wait() { # host_wait SECONDS DIR: until ssh answers; a starved guest takes long for a banner, but not for ever
  local end=$((SECONDS + $1)) dir=$2
  while [ $SECONDS -lt $end ]; do
    pid_alive "$dir/pid" > /dev/null || { tail -n 5 "$dir/qemu.log" >&2; return 1; }
    ! host_ssh "$dir" true < /dev/null 2> "$dir/ssh.log" || return 0
    sleep 0.2
  done
  tail -q -n 3 "$dir/ssh.log" "$dir/console.log" >&2
  return 1
}

host_settle() { # host_settle DIR NAME: what a clone cannot know: the time, and its own name
  host_ssh "$1" "date -s @$(date +%s) && hostname $2 && echo $2 > /etc/hostname && sed -i 's/^127.0.1.1 .*/127.0.1.1 $2/' /etc/hosts" > /dev/null
}

host_cpu() { # host_cpu DIR: processor seconds that QEMU has used
  local s; s=$(cat "/proc/$(pid_alive "$1/pid")/stat" 2> /dev/null) || { echo '?'; return; }
  # shellcheck disable=SC2086 # the fields after the command's name, split on purpose
  set -- ${s##*) }
  echo "$(((${12} + ${13}) / $(getconf CLK_TCK)))"
}
