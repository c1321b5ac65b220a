/** What every host is asked when an expression wants to know: `host.arch` and the like. Cheap to read, the same everywhere. */
export interface HostFacts {
  /** As `uname -m` says it: x86_64, aarch64, s390x, ppc64le … */
  readonly arch: string;
  /** The running kernel's release, as `uname -r` says it. */
  readonly kernel: string;
  /** From /etc/os-release: ID, VERSION_ID, and the family that ID or ID_LIKE belongs to. */
  readonly os: { readonly id: string; readonly version: string; readonly family: OsFamily };
  readonly init: 'systemd' | 'openrc' | 'other';
}

export type OsFamily = 'debian' | 'redhat' | 'suse' | 'arch' | 'alpine' | 'other';
