#!/bin/bash
# Turns a fresh Debian tree ($1) into the root file system that every lab host starts from, and fills $2 with the
# device nodes every host gets, to be copied into its own /dev at boot: one copy is cheaper than ten mknod.
# Runs once per base image, as the last hook of mmdebstrap. Part of the recipe: editing it makes a new base.
set -euo pipefail
R=$1 DEV=$2
in_root() { chroot "$R" "$@"; }

# Nothing here may be shared by two hosts: host keys and the machine id are made per host.
rm -f "$R"/etc/ssh/ssh_host_*
: > "$R/etc/machine-id"
rm -f "$R/var/lib/dbus/machine-id"

# --- users -------------------------------------------------------------------------------------------
# Uids are fixed, because the instance's authorized_keys files are laid over these homes from outside.
add_user() { in_root useradd -m -u "$2" -s "$3" "$1"; }
add_user ops 1001 /bin/bash
add_user pw 1002 /bin/bash
add_user nosudo 1003 /bin/bash
add_user noisy 1004 /bin/bash
add_user csh 1005 /usr/bin/tcsh
add_user secretpw 1006 /bin/bash
in_root chpasswd <<'P'
pw:correct horse
nosudo:plain horse
secretpw:hunter2 ok
P
cat > "$R/etc/sudoers.d/lab" <<'S'
ops   ALL=(ALL:ALL) NOPASSWD: ALL
noisy ALL=(ALL:ALL) NOPASSWD: ALL
csh   ALL=(ALL:ALL) NOPASSWD: ALL
pw    ALL=(ALL:ALL) ALL
S
chmod 440 "$R/etc/sudoers.d/lab"
in_root visudo -cqf /etc/sudoers.d/lab
# Debian's bash reads ~/.bashrc for commands that come over ssh too, so this noise lands in their output.
{
  cat << 'N'
echo "Welcome to the noisy host"
echo "noisy: a warning on stderr" >&2
printf "no newline ends this"
N
  cat "$R/etc/skel/.bashrc"
} > "$R/home/noisy/.bashrc"

# --- sshd --------------------------------------------------------------------------------------------
cat > "$R/etc/ssh/sshd_config.d/lab.conf" <<'C'
UseDNS no
MaxStartups 200:30:400
PasswordAuthentication no
Match User secretpw
    PasswordAuthentication yes
    PubkeyAuthentication no
Match all
C

# --- systemd -----------------------------------------------------------------------------------------
# Units that talk to hardware, to the machine's kernel or to the outside world have nothing to do here and would
# leave the system "degraded". virtlockd.socket must stay: libvirtd.socket needs it.
mask=(
  systemd-sysctl.service systemd-modules-load.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount
  systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount
  systemd-remount-fs.service systemd-random-seed.service systemd-update-utmp.service
  systemd-tmpfiles-clean.timer console-getty.service getty.target systemd-timesyncd.service
  systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer
  e2scrub_all.timer e2scrub_reap.service fstrim.timer grub-common.service libvirt-guests.service
  # A manager for each user who logs in takes inotify instances, of which all hosts of a machine share 128 (root's): where
  # they run out the unit fails, and a test that asks for failed units sees it.
  user@.service
)
in_root systemctl mask "${mask[@]}" > /dev/null 2>&1
in_root systemctl disable libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket \
  virtlogd.socket virtlockd.socket > /dev/null 2>&1 || true
in_root systemctl enable ssh.service containerd.service docker.service docker.socket > /dev/null 2>&1
mkdir -p "$R/var/lib/docker" "$R/etc/docker"

# --- light hosts -------------------------------------------------------------------------------------
# Their pid 1 is busybox init; systemd does not read this file.
cat > "$R/etc/inittab" <<'I'
::respawn:/usr/sbin/sshd -D -e
I

# --- grub --------------------------------------------------------------------------------------------
# Files to edit and to look at. No host boots from them, and update-grub finds no disk to write for.
mkdir -p "$R/boot/grub"
head -c 4000 /dev/urandom > "$R/boot/vmlinuz-6.1.0-lab-amd64"
head -c 3000 /dev/urandom > "$R/boot/initrd.img-6.1.0-lab-amd64"
cat > "$R/etc/default/grub" <<'G'
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX=""
GRUB_DISABLE_OS_PROBER=true
G
echo '/dev/vda1 / ext4 defaults 0 0' > "$R/etc/fstab"

# --- /dev --------------------------------------------------------------------------------------------
mkdir -p "$DEV"/{net,mapper}
node() { mknod -m 666 "$DEV/$1" c "$2" "$3"; }
node null 1 3; node zero 1 5; node full 1 7; node random 1 8; node urandom 1 9; node tty 5 0
node net/tun 10 200; node fuse 10 229
ln -s pts/ptmx "$DEV/ptmx"; ln -s /proc/self/fd "$DEV/fd"
ln -s fd/0 "$DEV/stdin"; ln -s fd/1 "$DEV/stdout"; ln -s fd/2 "$DEV/stderr"
