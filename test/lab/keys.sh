#!/bin/bash
# The instance's ssh keys: one client key pair, and two or three host key pairs for each host. Sourced by lab, which uses
# the functions; run by itself (by keys_ensure, several at a time) it makes one pair: keys.sh TYPE FILE COMMENT.

# An RSA pair takes about 0.3 s to make, so light hosts, of which there may be hundreds, go without.
key_types() { if [ "$LAB_KIND" = light ]; then echo ed25519 ecdsa; else echo ed25519 ecdsa rsa; fi; }

keys_ensure() { # keys_ensure HOST …
  local h t
  mkdir -p "$KEYS" && chmod 700 "$LAB_DIR/keys"
  {
    [ -s "$KEYS/id_ed25519" ] || printf '%s\n' ed25519 "$KEYS/id_ed25519" drover-lab
    for h; do
      [ -d "$KEYS/$h" ] || mkdir "$KEYS/$h"
      for t in $(key_types); do
        [ -s "$KEYS/$h/ssh_host_${t}_key" ] || printf '%s\n' "$t" "$KEYS/$h/ssh_host_${t}_key" "root@$h"
      done
    done
  } | xargs -r -n 3 -P "$(nproc)" "$HERE/keys.sh" || die "ssh-keygen failed: is the disk full? ($KEYS)"
}

keys_known_hosts() { # keys_known_hosts HOST ADDRESS: the host's lines for a known_hosts file
  local t type key _
  for t in $(key_types); do
    read -r type key _ < "$KEYS/$1/ssh_host_${t}_key.pub"
    echo "$1,$2 $type $key"
  done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -eu
  # The private key gets its name last: a run that is killed leaves no half pair that looks like a whole one.
  rm -f "$2.new" "$2.new.pub"
  bits=; [ "$1" != rsa ] || bits="-b 2048" # 2048 bits take a fraction of the time that the default takes
  # shellcheck disable=SC2086 # $bits is two words or none
  ssh-keygen -q -t "$1" $bits -N '' -C "$3" -f "$2.new"
  mv "$2.new.pub" "$2.pub"
  mv "$2.new" "$2"
fi
