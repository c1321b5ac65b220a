# shellcheck shell=bash
# The VMs of one lab name: their directories, network namespace and inventory. Sourced by vm.

vm_names() { # of all VMs that have a directory, whole or not
  local d
  for d in "$INST"/vms/*/; do [ ! -d "$d" ] || basename "$d"; done
}

vm_kind() { cat "$INST/vms/$1/kind"; }

vm_names_of() { # vm_names_of KIND
  local name
  for name in $(vm_names); do [ "$(vm_kind "$name")" != "$1" ] || echo "$name"; done
}

vm_state() { # vm_state NAME: prints none, running or broken
  local d=$INST/vms/$1
  if [ ! -d "$d" ] && [ ! -d "$CG/$1" ]; then echo none
  elif [ -e "$d/ready" ] && pid_alive "$d/pid" > /dev/null && net_exists; then echo running
  else echo broken
  fi
}

net_ensure() { # net_ensure ADDRESS: the network namespace, and an address of it for one VM
  net_exists || ip netns add "$NETNS"
  nsenter --net="/run/netns/$NETNS" ip link set lo up
  nsenter --net="/run/netns/$NETNS" ip address replace "$1/32" dev lo
}

address_free() { # the first address that no VM of this instance has
  local n
  for ((n = 1; n < 250; n++)); do
    grep -qsxF "10.98.0.$n" "$INST"/vms/*/address || { echo "10.98.0.$n"; return; }
  done
  die "250 VMs are enough"
}

vm_start() { # vm_start NAME ADDRESS IOMMU: a clone of the frozen VM of the kind; with an IOMMU (amd, intel) booted anew, since that cannot be frozen
  local name=$1 address=$2 iommu=$3 dir=$INST/vms/$1 image frozen start args; start=$(now)
  image=$(image_dir) frozen=$(frozen_dir)
  mkdir -p "$dir"
  { [ ! -e "$INST/uses" ] || cat "$INST/uses"; printf '%s\n' "$image" "$frozen"; } | sort -u > "$INST/uses.new"
  mv "$INST/uses.new" "$INST/uses"
  echo "$iommu" > "$dir/iommu"
  echo "$VM_KIND" > "$dir/kind"
  host_keys "$image" "$dir" "$name" "$address"
  net_ensure "$address"
  qemu-img create -q -f qcow2 -F qcow2 -b "$frozen/disk.qcow2" "$dir/disk.qcow2"
  if [ -n "$iommu" ]; then mapfile -t args < <(machine_iommu "$iommu"); else args=(-incoming "exec:cat $frozen/memory"); fi
  host_qemu "$dir" "$address" "$CG/$name" "${args[@]}"
  if ! { [ -n "$iommu" ] || host_resume "$dir"; } || ! host_wait 600 "$dir" || ! host_settle "$dir" "$name"; then
    die "$name did not come up: see $dir"
  fi
  touch "$dir/ready"
  inst_write
  say "$name at $address: ssh answers after $(since "$start") s, $(host_cpu "$dir") s of processor time"
}

vm_stop() { # vm_stop NAME
  cg_kill "$CG/$1"
  rm -rf --one-file-system "$INST/vms/$1"
}

inst_group() { # inst_group GROUP KIND: the VMs of that kind, where there are any; each image has a key of its own
  local name dir names; names=$(vm_names_of "$2")
  [ -n "$names" ] || return 0
  printf '  %s:\n    hosts:\n' "$1"
  for name in $names; do
    dir=$INST/vms/$name
    echo "      $name: { address: $(cat "$dir/address"), port: 22, private_key: $dir/id_ed25519 }"
  done
}

inst_write() { # the files that tell of the VMs that run
  local name dir
  {
    echo "defaults: { user: root, known_hosts: $INST/known_hosts }"
    echo "groups:"
    inst_group vm plain
    inst_group xen xen
    if [ -n "$(vm_names_of plain)" ]; then
      echo "  canary: { hosts: [$(vm_names_of plain | head -n 1)] }"
      echo "  compute: { groups: [vm] }"
    fi
  } > "$INST/inventory.yaml.new"
  : > "$INST/known_hosts.new"
  for name in $(vm_names); do
    dir=$INST/vms/$name
    cat "$dir/known_hosts" >> "$INST/known_hosts.new"
  done
  mv "$INST/inventory.yaml.new" "$INST/inventory.yaml"
  mv "$INST/known_hosts.new" "$INST/known_hosts"
}

inst_clean() { # ends everything of the instance
  cg_kill "$CG"
  net_down
  rm -rf --one-file-system "$INST"
  rmdir "$VM_CACHE/run" 2> /dev/null || true
}
