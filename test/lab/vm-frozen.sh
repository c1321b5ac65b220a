# shellcheck shell=bash disable=SC2016,SC2034 # text for the guest's shell; NETNS is read by the parts that are sourced beside this one
# The frozen state: the image booted once through its boot loader, then stopped with memory and disk saved, cached in
# $LAB_DIR/vm/frozen/DIGEST/{disk.qcow2,memory}. A VM starts from it in seconds. Sourced by vm.

frozen_digest() {
  { image_digest; printf '%s\n' "${MACHINE_ARGS[@]}"; declare -f "$(frozen_hook)"; qemu-system-x86_64 --version; } | sha256sum | cut -c1-12
}

frozen_dir() { echo "$VM_CACHE/frozen/$(frozen_digest)"; }

frozen_hook() { if [ "$VM_KIND" = plain ]; then echo frozen_prepare; else echo "frozen_prepare_$VM_KIND"; fi; }

frozen_prepare() { # frozen_prepare DIR: what is done to the booted VM before it is frozen
  # GRUB's own tools replace what vm-tree.sh put there for the first boot.
  host_ssh "$1" 'set -e
    grub-install /dev/vda
    update-grub
    test -e /dev/kvm
    state=$(timeout 300 systemctl is-system-running --wait) || { systemctl --failed; echo "system is $state"; exit 1; }
    fstrim /
    sync
    echo 3 > /proc/sys/vm/drop_caches' 2>&1
}

frozen_prepare_xen() { # its menu boots Xen, and no guest has been started
  host_ssh "$1" 'set -e
    grub-install /dev/vda
    update-grub
    grep -q control_d /proc/xen/capabilities
    xl info
    state=$(timeout 900 systemctl is-system-running --wait) || { systemctl --failed; echo "system is $state"; exit 1; }
    fstrim /
    sync
    echo 3 > /proc/sys/vm/drop_caches' 2>&1
}

frozen_build() { # with the build lock held
  local dir=$1 image tmp start=$SECONDS log=$VM_CACHE/freeze.log
  image=$(image_dir)
  tmp=$(mktemp -d "$VM_CACHE/.tmp-XXXXXX")
  say "booting the VM image once, $VM_KIND (minutes, once); log: $log"
  : > "$log"
  qemu-img create -q -f qcow2 -F raw -b "$image/disk.raw" "$tmp/disk.qcow2"
  (
    build_process
    NETNS=$NETNS_BUILD
    net_ensure 10.98.0.1
    host_keys "$image" "$tmp" vm 10.98.0.1
    host_qemu "$tmp" 10.98.0.1 "$CG_BUILD"
    host_wait 1800 "$tmp"
    echo "ssh answers after $((SECONDS - start)) s, $(host_cpu "$tmp") s of processor time"
    "$(frozen_hook)" "$tmp"
    for command in stop 'migrate_set_parameter max-bandwidth 8G' 'migrate -d "exec:cat > memory"'; do host_monitor "$tmp" "$command" > /dev/null; done
    host_monitor_until 300 "$tmp" 'info migrate' 'status: completed'
    host_monitor "$tmp" quit > /dev/null
    for ((n = 0; n < 300; n++)); do pid_alive "$tmp/pid" > /dev/null || exit 0; sleep 0.1; done
    exit 1
  ) >> "$log" 2>&1 < /dev/null &
  if ! wait $!; then
    sed 's/^/  | /' < <(tail -q -n 6 "$log" "$tmp/console.log" 2> /dev/null) >&2
    build_clean
    die "the VM image could not be booted and frozen: see $log"
  fi
  mkdir -p "$tmp/out"
  mv "$tmp/disk.qcow2" "$tmp/memory" "$tmp/out/"
  sync -f "$tmp"
  mkdir -p "${dir%/*}"
  mv "$tmp/out" "$dir"
  build_clean
  say "frozen in $((SECONDS - start)) s ($(head -1 "$log")): $dir ($(du -sm "$dir" | cut -f1) MiB)"
}
