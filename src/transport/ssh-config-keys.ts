/** Keys that drover honours, and how many words each takes. */
export const HONOURED = {
  hostname: 'one',
  user: 'one',
  port: 'one',
  identityfile: 'each',
  identityagent: 'one',
  identitiesonly: 'one',
  proxyjump: 'one',
  userknownhostsfile: 'all',
  globalknownhostsfile: 'all',
  hostkeyalias: 'one',
  hashknownhosts: 'one',
  stricthostkeychecking: 'one',
  connecttimeout: 'one',
} as const satisfies Readonly<Record<string, 'one' | 'all' | 'each'>>;

export type HonouredKey = keyof typeof HONOURED;

/** Keys that would lead to another host, or to another trust in it: going on without them would be wrong. The value is harmless. */
export const REFUSED: Readonly<Record<string, string>> = {
  proxycommand: 'none',
  knownhostscommand: 'none',
  revokedhostkeys: 'none',
  canonicalizehostname: 'no',
};

/** Keys that may make a difference to a login, which goes on without them: the operator is told. */
export const NAMED: readonly string[] = [
  'addressfamily',
  'bindaddress',
  'bindinterface',
  'casignaturealgorithms',
  'certificatefile',
  'ciphers',
  'hostkeyalgorithms',
  'kexalgorithms',
  'macs',
  'passwordauthentication',
  'kbdinteractiveauthentication',
  'challengeresponseauthentication',
  'pkcs11provider',
  'preferredauthentications',
  'pubkeyacceptedalgorithms',
  'pubkeyacceptedkeytypes',
  'pubkeyauthentication',
  'remotecommand',
  'securitykeyprovider',
];
