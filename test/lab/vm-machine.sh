# shellcheck shell=bash disable=SC2034,SC2054 # read by the other parts; QEMU's arguments have commas in them
# The virtual machine: what QEMU is given. A frozen state fits this machine and this QEMU only, so both are part of its
# digest. Sourced by vm.

# Software emulation throughout: it needs nothing of the machine, and its CPU has AMD's virtualization extension.
MACHINE_PLAIN=(
  -machine q35,graphics=off,vmport=off -accel tcg,thread=multi,tb-size=256 -cpu max -smp 2 -m 1024
  -no-user-config -nodefaults -display none -vga none
  -device virtio-blk-pci,drive=disk -device virtio-net-pci,netdev=net,romfile= -device virtio-rng-pci
)

# machine_kind plain|xen: says which kind of VM the rest is about. Xen's control domain crashes early under QEMU's SMAP and SMEP.
machine_kind() {
  VM_KIND=$1
  MACHINE_ARGS=("${MACHINE_PLAIN[@]}")
  [ "$1" = plain ] || MACHINE_ARGS+=(-cpu max,-smap,-smep,-la57 -m 2048)
}
machine_kind plain

# machine_iommu amd|intel: an IOMMU, a network card alone in its group, two that share one, and a GPU with audio; one argument a line
machine_iommu() {
  case $1 in
    amd) printf '%s\n' -device amd-iommu ;;
    intel) printf '%s\n' -device intel-iommu,intremap=on ;;
  esac
  printf '%s\n' -device e1000e,romfile= -device pcie-pci-bridge,id=bridge -device e1000,romfile=,bus=bridge,addr=1 \
    -device e1000,romfile=,bus=bridge,addr=2 -device bochs-display,romfile=,addr=8,multifunction=on -device intel-hda,addr=8.1
}
