#!/bin/bash
# Turns a fresh Debian tree ($1) into the root file system of a VM whose root has the UUID $2, and puts into $3 the
# key pair that may log in and the host's public key. Runs once per image, as the last hook of mmdebstrap.
# Part of the recipe: editing it makes a new image.
set -euo pipefail
R=$1 UUID=$2 OUT=$3
in_root() { chroot "$R" "$@"; }

echo vm > "$R/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 vm\n' > "$R/etc/hosts"
echo "UUID=$UUID / ext4 errors=remount-ro,noatime 0 1" > "$R/etc/fstab"
tr -d - < /proc/sys/kernel/random/uuid > "$R/etc/machine-id"
rm -f "$R/var/lib/dbus/machine-id"

# --- who may log in ----------------------------------------------------------------------------------
rm -f "$R"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C root@vm -f "$R/etc/ssh/ssh_host_ed25519_key"
cp "$R/etc/ssh/ssh_host_ed25519_key.pub" "$OUT/"
ssh-keygen -q -t ed25519 -N '' -C drover-lab -f "$OUT/id_ed25519"
in_root useradd -m -u 1001 -s /bin/bash ops
echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' > "$R/etc/sudoers.d/lab"
chmod 440 "$R/etc/sudoers.d/lab"
install -d -m 700 "$R/root/.ssh"
install -d -m 700 -o 1001 -g 1001 "$R/home/ops/.ssh"
install -m 600 "$OUT/id_ed25519.pub" "$R/root/.ssh/authorized_keys"
install -m 600 -o 1001 -g 1001 "$OUT/id_ed25519.pub" "$R/home/ops/.ssh/authorized_keys"
printf 'UseDNS no\nPasswordAuthentication no\n' > "$R/etc/ssh/sshd_config.d/lab.conf"

# --- network: the one address that QEMU's user network forwards to -----------------------------------
printf '[Match]\nDriver=virtio_net\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' \
  > "$R/etc/systemd/network/10-lab.network"
in_root systemctl enable systemd-networkd.service ssh.service > /dev/null 2>&1

# --- what only costs time under emulation ------------------------------------------------------------
in_root systemctl mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
  e2scrub_all.timer e2scrub_reap.service fstrim.timer logrotate.timer systemd-pstore.service getty@tty1.service \
  serial-getty@ttyS0.service systemd-timesyncd.service > /dev/null 2>&1
in_root systemctl disable libvirtd.service > /dev/null 2>&1
in_root systemctl enable libvirtd.socket libvirtd-ro.socket virtlogd.socket > /dev/null 2>&1
mkdir -p "$R/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\n' > "$R/etc/systemd/journald.conf.d/lab.conf"
# A login must not start a user manager.
sed -i '/pam_systemd.so/s/^/#/' "$R/etc/pam.d/common-session"
sed -i '/pam_motd\|pam_mail\|pam_lastlog/s/^/#/' "$R/etc/pam.d/sshd"

# --- GRUB: its own tools write the real files at the first boot; these few lines get it there ---------
# A busy machine hands an emulated one its timer's ticks too late for the kernel's test of them, which panics: `no_timer_check`.
cat > "$R/etc/default/grub" << 'G'
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_RECORDFAIL_TIMEOUT=0
GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="console=ttyS0 no_timer_check mitigations=off"
GRUB_TERMINAL=console
GRUB_DISABLE_OS_PROBER=true
G
mkdir -p "$R/boot/grub"
cp -r "$R/usr/lib/grub/i386-pc" "$R/boot/grub/"
kernel=$(basename "$R"/boot/vmlinuz-*)
cat > "$R/boot/grub/grub.cfg" << G
linux /boot/$kernel root=UUID=$UUID ro quiet console=ttyS0 no_timer_check mitigations=off
initrd /boot/initrd.img-${kernel#vmlinuz-}
boot
G
in_root grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /boot/grub/i386-pc/core.img biosdisk part_msdos ext2
cp "$R/boot/grub/i386-pc/core.img" "$R/usr/lib/grub/i386-pc/boot.img" "$OUT/"
rm -rf "$R"/var/cache/apt/*.bin "$R"/var/lib/apt/lists/*
