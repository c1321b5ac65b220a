/** A made-up package: its control fields beyond those that every package has, and scripts by name. */
interface MadeUpPackage {
  readonly version?: string;
  readonly fields?: readonly string[];
  readonly postinst?: string;
}

/** Packages for everything that installing one may come to. */
const PACKAGES: Readonly<Record<string, MadeUpPackage>> = {
  'lab-tool': { fields: ['Depends: lab-library', 'Recommends: lab-extra'] },
  'lab-library': {},
  'lab-extra': {},
  'lab-rival': { fields: ['Conflicts: lab-extra'] },
  'lab-aged': { version: '2.0' },
  'lab-demanding': { fields: ['Depends: lab-aged (>= 2.0)'] },
  'lab-one': { fields: ['Provides: lab-any'] },
  'lab-other': { fields: ['Provides: lab-any'] },
  'lab-lonely': { fields: ['Provides: lab-single'] },
  'lab-failing': { fields: ['Depends: lab-library'], postinst: 'echo no such luck >&2; exit 1' },
  'lab-slow': { postinst: 'read word < /run/lab-slow' },
};

function madeBy(name: string, { version = '1.0', fields = [], postinst }: MadeUpPackage): string {
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: all',
    'Maintainer: lab <lab@example.net>',
    'Description: made up',
    ...fields,
  ];
  return `d=/srv/made/${name}-${version}; mkdir -p $d/DEBIAN $d/etc
printf '%s\\n' ${control.map((line) => `'${line}'`).join(' ')} > $d/DEBIAN/control
echo 'as it came' > $d/etc/${name}.conf; echo /etc/${name}.conf > $d/DEBIAN/conffiles
${postinst === undefined ? '' : `printf '#!/bin/sh\\n%s\\n' '${postinst}' > $d/DEBIAN/postinst; chmod 755 $d/DEBIAN/postinst`}
dpkg-deb -b --root-owner-group $d /srv/repository/${name}_${version}.deb > /dev/null`;
}

/** A shell script that makes a repository of made-up packages on a host, the only one that its apt knows. No network is needed. */
export const MAKE_REPOSITORY = `set -e
mkdir -p /srv/repository
${Object.entries(PACKAGES)
  .map(([name, made]) => madeBy(name, made))
  .join('\n')}
${madeBy('lab-aged', { version: '1.0' })}
cd /srv/repository; mkdir aside; mv lab-aged_1.0.deb aside
for f in *.deb; do dpkg-deb -f "$f"; printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$f" "$(stat -c %s "$f")" "$(sha256sum < "$f" | cut -d' ' -f1)"; done > Packages
rm -f /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:/srv/repository ./' > /etc/apt/sources.list
apt-get -qq update`;
