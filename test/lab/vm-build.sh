# shellcheck shell=bash disable=SC2034,SC2120 # NETNS is read by the parts that are sourced beside this one
# Making what is cached: one build at a time, and what a killed one left is cleaned. Sourced by vm.

VM_MARK=drover.vm-$(printf %s "$LAB_DIR" | cksum | cut -d' ' -f1) # cgroups and network namespaces of this directory
NETNS_BUILD=$VM_MARK.build
CG_BUILD=$CG_ROOT/$NETNS_BUILD

build_process() { # puts the calling subshell among the processes of the build, without the locks
  mkdir -p "$CG_BUILD"
  echo "$BASHPID" > "$CG_BUILD/cgroup.procs"
  exec 7>&- 8>&-
}

build_clean() { # with the build lock held
  cg_kill "$CG_BUILD"
  (NETNS=$NETNS_BUILD; net_down)
  rm -rf --one-file-system "$VM_CACHE"/.tmp-*
}

build_lock() { # build_lock [-n]: waits for it, or with -n fails when another holds it
  mkdir -p "$VM_CACHE"
  exec 7> "$VM_CACHE/.lock-build"
  flock -n 7 && return
  [ "${1:-}" != -n ] || { exec 7>&-; return 1; }
  say "another lab is making the VM image; waiting for it"
  flock -w 3600 7 || die "the VM image lock was not free within 60 minutes: $VM_CACHE/.lock-build"
}

# build_ensure image|frozen: makes what is missing. Two callers at once: the second waits and then finds it made.
build_ensure() {
  tools_ensure qemu-system-x86_64 qemu-system-x86 qemu-img qemu-utils socat socat ip iproute2 ssh openssh-client unshare util-linux
  local image frozen; image=$(image_dir) frozen=$(frozen_dir)
  if [ -d "$image" ]; then
    [ "$1" = frozen ] && [ ! -d "$frozen" ] || return 0
  fi
  build_lock
  build_clean
  [ -d "$image" ] || image_build "$image"
  [ "$1" = image ] || [ -d "$frozen" ] || frozen_build "$frozen"
  build_prune
  exec 7>&-
}

build_kept() { # images and frozen states of all kinds as they are made now
  local kind
  for kind in plain xen; do (machine_kind "$kind"; image_dir; frozen_dir); done
}

build_prune() { # removes images and frozen states of older recipes that no VM uses
  local d kept; kept=$(build_kept)
  for d in "$VM_CACHE"/images/*/ "$VM_CACHE"/frozen/*/; do
    d=${d%/}
    if [ -d "$d" ] && ! grep -qxF "$d" <<< "$kept" && ! grep -qsxF "$d" "$VM_CACHE"/run/*/uses; then
      rm -rf --one-file-system "$d"
    fi
  done
}
