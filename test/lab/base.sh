# shellcheck shell=bash
# The base image: one Debian root file system that all hosts lay their own files over. Sourced by lab.
# It is cached in $LAB_DIR/base/DIGEST/{rootfs,dev}; the digest is that of the recipe, so an edited recipe makes
# a new base beside the old one, and hosts that still run on the old one are not disturbed.

BASE_SUITE=${DROVER_LAB_SUITE:-bookworm}

base_sources() { # the packages come from where this machine takes its own
  local f
  for f in "${DROVER_LAB_APT_SOURCES:-}" /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    [ -n "$f" ] && [ -s "$f" ] && { echo "$f"; return; }
  done
  die "no apt sources found: set DROVER_LAB_APT_SOURCES to a sources.list that has Debian $BASE_SUITE"
}

base_digest() {
  { cat "$HERE/base-packages" "$HERE/base-setup.sh"; echo "$BASE_SUITE"; } | sha256sum | cut -c1-12
}

base_dir() { echo "$LAB_DIR/base/$(base_digest)"; }

# Makes the base if it is missing. Two callers at once: the second waits for the first and then finds it made.
base_ensure() {
  local dir; dir=$(base_dir)
  [ -d "$dir" ] && return
  mkdir -p "$LAB_DIR/base"
  (
    exec 7> "$LAB_DIR/base/.lock"
    flock -n 7 || { say "another lab is making the base image; waiting for it"; flock -w 1800 7 || die "the base image lock was not free within 30 minutes: $LAB_DIR/base/.lock"; }
    [ -d "$dir" ] && exit 0
    base_build "$dir"
  )
}

base_build() {
  local dir=$1 tmp log start=$SECONDS free sources
  sources=$(base_sources)
  free=$(df --output=avail -m "$LAB_DIR" | tail -1)
  [ "$free" -ge 3000 ] || die "$free MiB free in $LAB_DIR, the base image needs 3000: free some, or set DROVER_LAB_DIR to a larger disk"
  tools_ensure mmdebstrap mmdebstrap
  # What a killed build left: its processes are in this cgroup, its files are the .tmp-* directories.
  cg_kill "$CG_BASE"; rm -rf --one-file-system "$LAB_DIR"/base/.tmp-*
  tmp=$(mktemp -d "$LAB_DIR/base/.tmp-XXXXXX"); log=$LAB_DIR/base/build.log
  chmod 755 "$tmp"
  say "making the base image (a few minutes, once); log: $log"
  mkdir -p "$CG_BASE"
  # The lock is closed for mmdebstrap, so that it is not held on by orphans when this script is killed;
  # its own mount namespace makes its mounts go away with it.
  if ! ( echo "$BASHPID" > "$CG_BASE/cgroup.procs"; exec 7>&- 8>&- unshare -m mmdebstrap --mode=root --variant=minbase \
      --skip=check/empty --aptopt='Apt::Install-Recommends "false"' \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' --include="$(grep -v '^#' "$HERE/base-packages" | paste -sd,)" \
      --customize-hook="'$HERE/base-setup.sh' \"\$1\" '$tmp/dev'" "$BASE_SUITE" "$tmp/rootfs" "$sources" ) > "$log" 2>&1 < /dev/null; then
    tail -n 8 "$log" | sed 's/^/  | /' >&2
    rm -rf --one-file-system "$tmp"; rmdir "$CG_BASE" 2> /dev/null || true
    die "the base image could not be made. If apt could not reach or verify its archive, mend that first (apt-get update must work), or set DROVER_LAB_APT_SOURCES; if the disk is full, free some"
  fi
  rmdir "$CG_BASE" 2> /dev/null || true
  sync -f "$tmp"
  mv "$tmp" "$dir"
  say "base image made in $((SECONDS - start)) s: $dir ($(du -sm "$dir" | cut -f1) MiB)"
  base_prune
}

# Removes bases of older recipes that no instance names in its env file.
base_prune() {
  local d
  for d in "$LAB_DIR"/base/*/; do
    d=${d%/}
    if [ -d "$d" ] && [ "$d" != "$(base_dir)" ] && ! grep -qsF "LAB_BASE='$d'" "$LAB_DIR"/*/env; then
      rm -rf --one-file-system "$d"
    fi
  done
}
