import { expect, it } from 'vitest';
import { libvirtDomain } from '../../src/tasks/libvirt-domain.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

it('splices the definition, and leaves quotes, spaces and cards of the host as they are', () => {
  const params = {
    domain: 'web01',
    cpu: { mode: 'host-passthrough', migratable: false },
    nic: { model: 'virtio' },
    disk: { cache: 'none', io: 'native' },
  };
  const changes = changesOf(findingOf(libvirtDomain, { host: 'libvirt-kvm', with: params }).plan);
  expect(changes.map((change) => 'sensitive' in change)).toEqual([true, true, true, true, true]);
  const [, laid] = changes;
  expect(laid?.kind === 'write' && laid.after).toEqual({
    mode: 0o600,
    owner: 'root',
    group: 'root',
    content: `<domain type='kvm'>
  <name>web01</name>
  <devices>
    <disk type="block" device="disk">
      <driver name="qemu"
              type="raw"   cache='none' io='native'/>
      <source dev="/dev/vg/web01"/>
      <target dev="vda" bus="virtio"/>
    </disk>
    <interface type="hostdev"><mac address="52:54:00:00:00:01"/></interface>
    <interface type="bridge"><mac address="52:54:00:00:00:02"/><model type='virtio'/></interface>
    <graphics type="vnc" passwd="it's"/>
  </devices>
  <cpu mode='host-passthrough' migratable='off'/>
</domain>
`,
  });
});
