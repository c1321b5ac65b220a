# shellcheck shell=bash
# The instance's network: one namespace with a bridge in it. Sourced by lab. Nothing is added to the machine's own
# network namespace, so two instances can use the same addresses. The hosts plug themselves in (host-inner.sh).

net_address() { # net_address INDEX (from 0)
  echo "10.99.$(($1 / 250)).$(($1 % 250 + 2))"
}

net_exists() { [ -e "/run/netns/$NETNS" ] && nsenter --net="/run/netns/$NETNS" true 2> /dev/null; }

net_up() {
  ip netns add "$NETNS" || die "the network namespace $NETNS could not be made"
  nsenter --net="/run/netns/$NETNS" ip -batch - << 'B' || die "the lab's bridge could not be made: does this kernel have 'bridge' and 'veth'?"
link set lo up
link add br0 type bridge
addr add 10.99.255.254/16 dev br0
link set br0 up
B
}

net_down() {
  net_strays
  [ ! -e "/run/netns/$NETNS" ] || ip netns delete "$NETNS" 2> /dev/null || rm -f "/run/netns/$NETNS"
  # iproute2 makes this mount with the first namespace and never takes it away; it cannot go while another is in use.
  [ -n "$(ls -A /run/netns 2> /dev/null)" ] || { umount /run/netns && rmdir /run/netns; } 2> /dev/null || true
}

# Ends what still runs in the lab's namespace, such as the ssh processes of a test run that was killed. Spared is
# the family of the caller when it came in through 'lab exec' itself: the topmost of its ancestors that is in the
# namespace, and everything below that one.
net_strays() {
  local id top='' p=$$ q pids
  id=$(stat -Lc %i "/run/netns/$NETNS" 2> /dev/null) || return 0
  while [ "${p:-0}" -gt 1 ]; do
    [ "$(stat -Lc %i "/proc/$p/ns/net" 2> /dev/null)" = "$id" ] && top=$p
    p=$(parent "$p")
  done
  pids=$(ip netns pids "$NETNS" 2> /dev/null) || return 0
  for p in $pids; do
    q=$p
    while [ "${q:-0}" -gt 1 ] && [ "$q" != "$top" ]; do q=$(parent "$q"); done
    [ -n "$top" ] && [ "$q" = "$top" ] || kill -9 "$p" 2> /dev/null || true
  done
}

parent() { # parent PID
  local s; s=$(cat "/proc/$1/stat" 2> /dev/null) || return 0
  s=${s##*) }
  s=${s#* }
  echo "${s%% *}"
}
