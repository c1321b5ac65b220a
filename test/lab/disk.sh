# shellcheck shell=bash
# The hosts' disks: an overlay of the host's own files (upper) over the instance's (seed) over the base. Sourced by lab.

disk_seed() { # the files that all hosts of this instance have in common: who may log in
  local s=$INST/seed user uid home name
  rm -rf --one-file-system "$s"
  mkdir -p "$s/home" "$s/usr/local/sbin"
  for user in root:0 ops:1001 pw:1002 nosudo:1003 noisy:1004 csh:1005; do
    name=${user%:*} uid=${user#*:} home=$s/home/${user%:*}
    [ "$name" != root ] || home=$s/root
    # Directories of an upper layer hide the mode and the owner of those below.
    install -d -m "$(stat -c %a "$LAB_BASE/rootfs${home#"$s"}")" -o "$uid" -g "$uid" "$home"
    install -d -m 700 -o "$uid" -g "$uid" "$home/.ssh"
    install -m 600 -o "$uid" -g "$uid" "$KEYS/id_ed25519.pub" "$home/.ssh/authorized_keys"
  done
  # Debian's reboot speaks to systemd; the init of light hosts is busybox's.
  [ "$LAB_KIND" != light ] || for name in reboot poweroff halt; do ln -s /bin/busybox "$s/usr/local/sbin/$name"; done
}

disk_make() { # disk_make HOST: a disk as on the first boot; a cpuinfo file beside it is kept
  local h=$1 d=$INST/hosts/$1 m=$INST/hosts/$1/root
  rm -rf --one-file-system "$d/upper" "$d/work" "$d/docker"
  mkdir -p "$d/upper/etc/ssh" "$d/work" "$d/docker" "$m" "$d/proc2" "$CG/$h/sup" "$CG/$h/host" "$CG/$h/exec"
  cp -p "$KEYS/$h"/ssh_host_* "$d/upper/etc/ssh/"
  echo "$h" > "$d/upper/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$h" > "$d/upper/etc/hosts"
  : > "$d/boot_id"
  : > "$d/console.log"
  {
    echo "overlay $m overlay lowerdir=$INST/seed:${LAB_LAYER:+$LAB_LAYER:}$LAB_BASE/rootfs,upperdir=$d/upper,workdir=$d/work 0 0"
    # Docker's overlay2 driver cannot lie on an overlay, so its files are on the file system below.
    [ "$LAB_KIND" = light ] || echo "$d/docker $m/var/lib/docker none bind 0 0"
    echo "proc $m/proc proc defaults 0 0"
    # Kernel settings are the machine's and read-only, but for those of the network namespace.
    echo "$m/proc/sys $m/proc/sys none bind,ro 0 0"
    echo "proc $d/proc2 proc defaults 0 0"
    echo "$d/proc2/sys/net $m/proc/sys/net none bind 0 0"
    echo "$d/boot_id $m/proc/sys/kernel/random/boot_id none bind,ro 0 0"
    [ ! -e /proc/sysrq-trigger ] || echo "/dev/null $m/proc/sysrq-trigger none bind 0 0"
    echo "sysfs $m/sys sysfs ro 0 0"
    echo "cgroup2 $m/sys/fs/cgroup cgroup2 defaults 0 0"
    echo "tmpfs $m/dev tmpfs mode=755,size=1m 0 0"
    echo "devpts $m/dev/pts devpts newinstance,ptmxmode=0666,mode=620,gid=5,X-mount.mkdir 0 0"
    echo "tmpfs $m/dev/shm tmpfs mode=1777,X-mount.mkdir 0 0"
    echo "tmpfs $m/run tmpfs mode=755 0 0"
  } > "$d/fstab"
}
