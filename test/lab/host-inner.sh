#!/bin/sh
# The first process of a host: makes its file systems and its network, then becomes its init.
# host-inner.sh HOSTDIR NAME NETNS KIND DEVDIR CAPABILITIES; fd 3 goes to the supervisor. Commands are few on purpose: with
# hundreds of hosts, each one started here counts.
set -e
D=$1 N=$2 NETNS=$3 KIND=$4 DEV=$5 DROP=$6 M=$1/root
read -r OUTER _ < /proc/self/stat # this /proc is still the machine's: the pid as the machine sees it
read -r INDEX ADDRESS MAC < "$D/net"

# Network. From in here this process is pid 1, so "netns 1" is the host's own. A link of the boot before may linger
# for a moment, hence the delete; the MAC address is the same on every boot, as that of a network card is.
nsenter --net="/run/netns/$NETNS" ip -force -batch - 2> /dev/null << B || true
link delete v$INDEX
link add v$INDEX type veth peer name eth0 address $MAC netns 1
link set v$INDEX master br0 up
B
ip -batch - << B
link set lo up
addr add $ADDRESS/16 dev eth0
link set eth0 up
route add default via 10.99.255.254
B

# File systems: the table was written by disk.sh.
read -r BOOT_ID < /proc/sys/kernel/random/uuid
echo "$BOOT_ID" > "$D/boot_id"
echo "$N" > /proc/sys/kernel/hostname
mount -a -T "$D/fstab"
cp -a "$DEV/." "$M/dev/"
[ ! -f "$D/cpuinfo" ] || mount -o bind,ro "$D/cpuinfo" "$M/proc/cpuinfo"

echo "$OUTER" >&3
exec 3>&-
cd "$M"
pivot_root . .
umount -l . # the old root, which now lies on top
cd /
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux container=lab
[ "$KIND" = light ] || exec setpriv --bounding-set "$DROP" /sbin/init
mkdir -p /run/sshd /run/lock
exec setpriv --bounding-set "$DROP" /bin/busybox init
