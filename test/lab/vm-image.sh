# shellcheck shell=bash disable=SC2016 # hooks are text for mmdebstrap's shell
# The VM's disk image, cached in $LAB_DIR/vm/images/DIGEST/{disk.raw,id_ed25519,ssh_host_ed25519_key.pub}; the digest is
# that of the recipe, and another kind of VM adds to it. Made without loop devices and without booting: mmdebstrap -> mkfs.ext4 -d -> GRUB copied into the
# gap before the partition. Sourced by vm.

VM_SUITE=${DROVER_LAB_SUITE:-bookworm}
VM_ROOT_UUID=5c0e1b1e-6d72-4f76-8a57-766d2d726f6f
VM_DISK_MB=4096

image_recipe() { # image_recipe packages|tree.sh: that part of the recipe, with what the kind of VM adds
  cat "$HERE/vm-$1"
  [ "$VM_KIND" = plain ] || cat "$HERE/vm-$VM_KIND-$1"
}

image_digest() {
  {
    image_recipe packages
    image_recipe tree.sh
    declare -f image_tree image_disk
    echo "$VM_SUITE $VM_ROOT_UUID $VM_DISK_MB"
  } | sha256sum | cut -c1-12
}

image_dir() { echo "$VM_CACHE/images/$(image_digest)"; }

image_tree() { # image_tree TREE OUT: Debian with all packages, configured
  local settings='MODULES=list\nCOMPRESS=lz4\nRESUME=none\n' modules='virtio_pci\nvirtio_blk\ncrc32c_generic\next4\n'
  # Its own mount namespace makes its mounts go away with it. The initramfs is made when the kernel is configured, so
  # its settings must be there before; grub-pc must not ask for a disk to install itself on.
  unshare -m mmdebstrap --mode=root --variant=minbase --skip=check/empty --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --essential-hook='echo "grub-pc grub-pc/install_devices_empty boolean true" | chroot "$1" debconf-set-selections' \
    --essential-hook="mkdir -p \"\$1/etc/initramfs-tools/conf.d\" && printf '$settings' > \"\$1/etc/initramfs-tools/conf.d/lab\" &&
      printf '$modules' > \"\$1/etc/initramfs-tools/modules\"" \
    --include="$(grep -v '^#' "$HERE/vm-packages" | paste -sd,)" \
    --customize-hook="'$HERE/vm-tree.sh' \"\$1\" $VM_ROOT_UUID '$2'" "$VM_SUITE" "$1" "$(base_sources)"
}

image_disk() { # image_disk TREE OUT: one partition at 1 MiB, what grub-bios-setup writes in front of it
  local disk=$2/disk.raw
  truncate -s "${VM_DISK_MB}M" "$disk"
  printf 'label: dos\nstart=2048, type=83, bootable\n' | sfdisk -q "$disk"
  mkfs.ext4 -q -F -U "$VM_ROOT_UUID" -L root -E offset=1048576 -d "$1" "$disk" "$((VM_DISK_MB - 1))M"
  dd if="$2/boot.img" of="$disk" bs=440 count=1 conv=notrunc status=none
  dd if="$2/core.img" of="$disk" bs=512 seek=1 conv=notrunc status=none
  rm "$2/boot.img" "$2/core.img"
}

image_build() { # with the build lock held
  local dir=$1 tmp log=$VM_CACHE/image.log start=$SECONDS free
  free=$(df --output=avail -m "$VM_CACHE" | tail -1)
  [ "$free" -ge 6000 ] || die "$free MiB free in $LAB_DIR, the VM image needs 6000: free some, or set DROVER_LAB_DIR to a larger disk"
  base_sources > /dev/null
  tools_ensure mmdebstrap mmdebstrap mkfs.ext4 e2fsprogs sfdisk fdisk ssh-keygen openssh-client
  tmp=$(mktemp -d "$VM_CACHE/.tmp-XXXXXX")
  say "making the VM image, $VM_KIND (a few minutes, once); log: $log"
  # In the background, because a shell under "if" would go on after an error.
  (
    build_process
    umask 022
    mkdir "$tmp/out" "$tmp/recipe"
    for part in packages tree.sh; do image_recipe "$part" > "$tmp/recipe/vm-$part"; done
    chmod +x "$tmp/recipe/vm-tree.sh"
    HERE=$tmp/recipe # where image_tree takes it from
    image_tree "$tmp/tree" "$tmp/out"
    image_disk "$tmp/tree" "$tmp/out"
  ) > "$log" 2>&1 < /dev/null &
  if ! wait $!; then
    tail -n 8 "$log" | sed 's/^/  | /' >&2
    build_clean
    die "the VM image could not be made. If apt could not reach or verify its archive, mend that first (apt-get update must work), or set DROVER_LAB_APT_SOURCES; if the disk is full, free some"
  fi
  sync -f "$tmp"
  mkdir -p "${dir%/*}"
  mv "$tmp/out" "$dir"
  build_clean
  say "VM image made in $((SECONDS - start)) s: $dir ($(du -sm "$dir" | cut -f1) MiB)"
}
