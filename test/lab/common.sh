# shellcheck shell=bash disable=SC2034,SC2153
# Names, paths and small helpers of the lab. Sourced by lab and by host.sh; needs HERE, the directory of these files.

LAB_DIR=${DROVER_LAB_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/drover-lab}
LAB_NAME=${DROVER_LAB_NAME:-lab}

say() { printf 'lab: %s\n' "$*"; }
die() { printf 'lab: %s\n' "$*" >&2; exit 1; }

case $LAB_DIR in
  *[!A-Za-z0-9/._+@~-]*) die "the lab's directory may only have letters, digits and /._+@~- in it (overlay mounts need that): $LAB_DIR" ;;
  /*) ;;
  *) die "the lab's directory must be an absolute path: $LAB_DIR" ;;
esac
[[ $LAB_NAME =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] || die "DROVER_LAB_NAME must be up to 31 lower-case letters, digits and dashes: $LAB_NAME"
case $LAB_NAME in base | keys | vm) die "DROVER_LAB_NAME $LAB_NAME is taken: the lab keeps its own files under that name" ;; esac

INST=$LAB_DIR/$LAB_NAME                      # everything of this instance
KEYS=$LAB_DIR/keys/$LAB_NAME                 # its key pairs, kept over down so that the next up is quick
NETNS=drover-$LAB_NAME
OWNER=/run/drover-lab/$LAB_NAME              # says which directory the instance of this name lives in
CG_ROOT=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
CG=$CG_ROOT/drover-$LAB_NAME                 # every process of the instance is below it: CG/HOST/{sup,host,exec}
# The clock, the modules, the kernel's log and the ports are the machine's own: without these capabilities not even a
# host's root can change them. Whatever starts a process in a host must drop them.
DROP_CAPS=-sys_time,-sys_module,-syslog,-sys_rawio
CG_BASE=$CG_ROOT/drover.base-$(printf %s "$LAB_DIR" | cksum | cut -d' ' -f1)

need_machine() { # what no package can bring
  [ "$(id -u)" = 0 ] || die "must run as root: it makes namespaces, mounts and network links"
  [ -n "$CG_ROOT" ] || die "no cgroup2 file system is mounted: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified"
  grep -qw overlay /proc/filesystems || modprobe overlay 2> /dev/null || true
  grep -qw overlay /proc/filesystems || die "this kernel has no overlay file system: load its module, or use a kernel that has it"
}

tools_ensure() { # tools_ensure COMMAND PACKAGE …: installs what is missing
  local missing=()
  while [ $# -gt 0 ]; do
    command -v "$1" > /dev/null || missing+=("$2")
    shift 2
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get > /dev/null || die "needed and not installed: ${missing[*]} (and there is no apt-get to install it with)"
  say "installing ${missing[*]}"
  local log; log=$(mktemp)
  if ! { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q install -y \
    --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 < /dev/null; then
    tail -n 5 "$log" | sed 's/^/  | /' >&2; rm -f "$log"
    die "apt-get could not install ${missing[*]}: check that 'apt-get update' reaches its archive, then run this again"
  fi
  rm -f "$log"
}

proc_start() { # start time of a process, in clock ticks: with the pid it names one process for good
  local s; s=$(cat "/proc/$1/stat" 2> /dev/null) || return 1
  s=${s##*) }
  # shellcheck disable=SC2086 # the fields after the command's name, split on purpose
  set -- $s
  case $1 in Z | X) return 1 ;; esac # dead, and not yet reaped
  echo "${20}"
}

pid_alive() { # pid_alive FILE ("PID START"): prints the pid if that very process still runs
  local pid start
  read -r pid start 2> /dev/null < "$1" || return 1
  [ -n "$start" ] && [ "$(proc_start "$pid")" = "$start" ] || return 1
  echo "$pid"
}

cg_kill() { # ends every process below a cgroup and removes it
  local cg=$1 n
  [ -d "$cg" ] || return 0
  for ((n = 0; n < 400; n++)); do
    if [ -e "$cg/cgroup.kill" ]; then
      echo 1 > "$cg/cgroup.kill"
    else # kernels before 5.14
      # shellcheck disable=SC2038 # what is piped are pids
      find "$cg" -name cgroup.procs -exec cat {} \; 2> /dev/null | xargs -r kill -9 2> /dev/null || true
    fi
    grep -q '^populated 0' "$cg/cgroup.events" && break
    sleep 0.05
  done
  # A cgroup can stay busy for an instant after its last process is gone.
  for ((n = 0; n < 100; n++)); do
    find "$cg" -depth -type d -exec rmdir {} + 2> /dev/null || true
    [ -d "$cg" ] || return 0
    sleep 0.05
  done
  die "processes that cannot be ended are left in $cg (see its cgroup.procs files)"
}

since() { # since MICROSECONDS: seconds passed, with one decimal
  local d=$((${EPOCHREALTIME/[.,]/} - $1))
  printf '%d.%d' $((d / 1000000)) $((d / 100000 % 10))
}
now() { echo "${EPOCHREALTIME/[.,]/}"; }
