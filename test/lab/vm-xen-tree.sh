
# --- Xen (what a VM with it adds to vm-tree.sh) -------------------------------------------------------
# Its control domain has its own console; the boot loader starts Xen, at the first boot and with the menu made then.
xen='console=com1 com1=115200,8n1 dom0_mem=768M,max:768M dom0_max_vcpus=1'
linux='console=hvc0 mitigations=off'
mkdir -p "$R/etc/default/grub.d"
cat > "$R/etc/default/grub.d/zz-lab-xen.cfg" << G
GRUB_DEFAULT="Debian GNU/Linux, with Xen hypervisor"
GRUB_CMDLINE_XEN="$xen"
GRUB_CMDLINE_LINUX_XEN_REPLACE="$linux"
GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT=" "
G
cat > "$R/boot/grub/grub.cfg" << G
multiboot2 /boot/$(basename "$R"/boot/xen-4*-amd64.gz) $xen
module2 /boot/$kernel root=UUID=$UUID ro $linux
module2 --nounzip /boot/initrd.img-${kernel#vmlinuz-}
boot
G
