/** Runs a shell script as root on a host; its output. */
export type RootShell = (script: string) => string;

/** virsh at the system's libvirt, saying nothing that is not asked. */
export const VIRSH = 'virsh -q -c qemu:///system';

/**
 * A boot sector that hears the power button: it lets the chipset of q35 note the press (bit 8 of PM1_EN, port 0x602), says R on
 * its serial line, waits for the press at each tick of the timer (PM1_STS, 0x600), and turns itself off (SLP_EN in PM1_CNT, 0x604).
 */
const HEARS_BUTTON =
  '\\272\\002\\006\\270\\000\\001\\357\\272\\370\\003\\260\\122\\356\\373\\364\\272\\000\\006\\355\\366\\304\\001\\164\\366\\272\\004\\006\\270\\000\\040\\357\\364\\353\\375';
/** One that halts with the interrupts off, for good. */
const HEARS_NOTHING = '\\372\\364\\353\\375';

/** Makes a host ready for domains, with a disk of a guest that hears the power button, and one of a guest that does not. */
export function prepareLibvirt(sh: RootShell): void {
  sh(
    `systemctl start libvirtd.socket; mkdir -p /var/lib/libvirt/images; cd /var/lib/libvirt/images
for one in hears:'${HEARS_BUTTON}' deaf:'${HEARS_NOTHING}'; do
  truncate -s 8M "\${one%%:*}.raw"
  printf "\${one#*:}" | dd of="\${one%%:*}.raw" conv=notrunc status=none
  printf '\\125\\252' | dd of="\${one%%:*}.raw" bs=1 seek=510 conv=notrunc status=none
done`,
  );
}

/** Defines a domain that boots one of these disks, without KVM where nothing else is said. */
export function defineDomain(sh: RootShell, name: string, more: { readonly disk?: 'hears' | 'deaf'; readonly type?: 'kvm' } = {}): void {
  const { disk = 'hears', type = 'qemu' } = more;
  const definition = `<domain type='${type}'>
  <name>${name}</name>
  <metadata><a:note xmlns:a='urn:a'><a:owner>it&apos;s us &amp; them</a:owner></a:note></metadata>
  <memory unit='MiB'>32</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/var/lib/libvirt/images/${name}.raw'/><target dev='sda' bus='sata'/></disk>
    <interface type='user'><model type='e1000'/></interface>
    <serial type='file'><source path='/var/log/libvirt/qemu/${name}.serial'/></serial>
  </devices>
</domain>`;
  sh(
    `cp /var/lib/libvirt/images/${disk}.raw /var/lib/libvirt/images/${name}.raw
cat > /root/${name}.xml << 'E'
${definition}
E
${VIRSH} define --validate /root/${name}.xml`,
  );
}

/** Starts domains whose disks hear the button, and waits until they do. */
export function startHearing(sh: RootShell, ...names: readonly string[]): void {
  sh(
    `for one in ${names.join(' ')}; do ${VIRSH} start $one; done
for one in ${names.join(' ')}; do
  tries=0
  until grep -q R /var/log/libvirt/qemu/$one.serial; do tries=$((tries + 1)); [ $tries -lt 1200 ] || exit 1; sleep 0.1; done
done`,
  );
}

/** The id that libvirt gave to a domain's last start. */
export function idOf(sh: RootShell, name: string): number {
  return Number(sh(`${VIRSH} domid ${name}`));
}
