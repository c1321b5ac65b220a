# shellcheck shell=bash
# A layer over the base that looks like a host of Red Hat's family, as far as Debian's packages honestly go: rpm and dnf that
# work, names and paths (grub2-*, /boot/grub2, /etc/sysconfig, os-release), no apt and no dpkg. Sourced by lab.
# Not real in it: kernel, boot loader entries and grubby, SELinux, and every package that Red Hat makes.

layer_dir() { echo "$(base_dir)/rhel-$(sha256sum < "$HERE/layer-rhel.sh" | cut -c1-12)"; }

# Makes the layer if it is missing. Two callers at once: the second waits for the first and then finds it made.
layer_ensure() {
  local dir log=$LAB_DIR/base/layer.log start=$SECONDS tmp
  dir=$(layer_dir)
  [ ! -d "$dir" ] || return 0
  (
    exec 7> "$LAB_DIR/base/.lock"
    flock -w 1800 7 || die "the base image lock was not free within 30 minutes: $LAB_DIR/base/.lock"
    [ ! -d "$dir" ] || exit 0
    rm -rf --one-file-system "$(base_dir)"/.layer-*
    tmp=$(mktemp -d "$(base_dir)/.layer-XXXXXX")
    mkdir "$tmp/upper" "$tmp/work" "$tmp/root"
    say "making the layer of Red Hat's family (a minute, once); log: $log"
    # Its own mount namespace makes its mounts go away with it.
    if ! ( exec 7>&- 8>&-; layer_build "$tmp" "$(base_dir)/rootfs" ) > "$log" 2>&1 < /dev/null; then
      tail -n 8 "$log" | sed 's/^/  | /' >&2
      rm -rf --one-file-system "$tmp"
      die "the layer could not be made: check that 'apt-get update' reaches its archive"
    fi
    chmod 755 "$tmp/upper"
    mv "$tmp/upper" "$dir"
    rm -rf --one-file-system "$tmp"
    say "layer made in $((SECONDS - start)) s: $dir ($(du -sm "$dir" | cut -f1) MiB)"
  )
}

layer_build() { # layer_build TMP LOWER
  unshare -m --propagation private bash -euc "$LAYER_SCRIPT" layer "$1" "$2"
}

# shellcheck disable=SC2016 # it is a script for another shell
LAYER_SCRIPT='
T=$1 M=$1/root
mount -t overlay overlay -o "lowerdir=$2,upperdir=$T/upper,workdir=$T/work" "$M"
mount -t proc proc "$M/proc"; mount -t tmpfs tmpfs "$M/run"; mount -t tmpfs tmpfs "$M/dev"
for n in null:3 zero:5 urandom:9; do mknod -m 666 "$M/dev/${n%:*}" c 1 "${n#*:}"; done
mount -o bind,ro /etc/apt "$M/etc/apt"
[ ! -e "$M/etc/resolv.conf" ] || mount -o bind,ro /etc/resolv.conf "$M/etc/resolv.conf"
printf "#!/bin/sh\nexit 101\n" > "$M/usr/sbin/policy-rc.d"; chmod +x "$M/usr/sbin/policy-rc.d"
export DEBIAN_FRONTEND=noninteractive
chroot "$M" apt-get -q update
chroot "$M" apt-get -q -y --no-install-recommends install rpm dnf createrepo-c
umount "$M/etc/apt"
# Debian keeps rpm packages in a home; this is where the family has them.
mkdir -p "$M/etc/rpm" "$M/etc/dnf/vars" "$M/etc/yum.repos.d" "$M/etc/sysconfig"
echo "%_dbpath /var/lib/rpm" > "$M/etc/rpm/macros"; echo 9 > "$M/etc/dnf/vars/releasever"
chroot "$M" rpm --initdb
for c in mkconfig install set-default reboot editenv probe script-check; do
  for d in usr/sbin usr/bin; do [ ! -e "$M/$d/grub-$c" ] || mv "$M/$d/grub-$c" "$M/$d/grub2-$c"; done
done
mv "$M/boot/grub" "$M/boot/grub2"; ln -s ../default/grub "$M/etc/sysconfig/grub"
printf "OPTIONS=\n" > "$M/etc/sysconfig/docker"
printf "NAME=\"Rocky Linux\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\nPRETTY_NAME=\"Rocky Linux 9.4 (lab)\"\n" > "$M/etc/os-release"
echo "Rocky Linux release 9.4 (lab)" > "$M/etc/redhat-release"; rm -f "$M/etc/debian_version"
rm -rf "$M"/var/lib/apt/lists/* "$M"/var/cache/apt/* "$M/usr/sbin/policy-rc.d" "$M"/usr/sbin/update-grub* "$M"/usr/bin/apt* "$M"/usr/bin/dpkg*
rm -rf "$M"/var/log/apt "$M"/var/lib/dpkg
'
