import { run, settle } from '../core/change.ts';
import type { Readings } from '../core/probe.ts';
import type { KvmModule } from '../probes/kvm.ts';

/** Marks for what unloading and loading the module changes: kvm itself goes and comes with it. */
function touched(module: KvmModule): readonly string[] {
  return [
    `file /sys/module/${module}/*`,
    `stat /sys/module/${module}`,
    'file /sys/module/kvm/*',
    'stat /sys/module/kvm',
    'stat /dev/kvm',
    'dir /sys/module',
  ];
}

/** The module is loaded. */
export function load(module: KvmModule) {
  return run(['modprobe', module], { undo: ['modprobe', '-r', module], because: `${module} is not loaded`, touches: touched(module) });
}

/** The module is loaded again, with the value that is configured. */
export function reload(module: KvmModule, value: string | undefined, enabled: boolean) {
  const [off, on] = value === 'Y' || value === 'N' ? ['N', 'Y'] : ['0', '1'];
  const leadsTo: Readings = {
    [`file /sys/module/${module}/parameters/nested`]: { status: 0, stdout: `${enabled ? on : off}\n`, stderr: '' },
    [`file /sys/module/${module}/refcnt`]: { status: 0, stdout: '0\n', stderr: '' },
  };
  return settle({ what: 'module-reload', module }, { because: `${module} has nested=${value}`, touches: touched(module), leadsTo });
}
