/** Packages for everything that installing one may come to, each with the lines of its spec beyond those that all have. */
const PACKAGES: readonly (readonly [name: string, version: string, line: string])[] = [
  ['lab-tool', '1.0', 'Requires: lab-library\nRecommends: lab-extra'],
  ['lab-library', '1.0', ''],
  ['lab-extra', '1.0', ''],
  ['lab-base', '1.0', 'Epoch: 2'],
  ['lab-base', '2.0', 'Epoch: 2'],
  ['lab-demanding', '1.0', 'Requires: lab-base >= 2:2.0'],
  ['lab-heir', '1.0', 'Obsoletes: lab-base < 3:0'],
  ['lab-with-a-name-that-is-too-long-for-one-line-of-the-table', '1.0', ''],
];

function build(name: string, version: string, line: string): string {
  return `cat > /root/lab.spec << 'E'
Name: ${name}
Version: ${version}
Release: 1
Summary: made up
License: MIT
BuildArch: noarch
${line}
%description
made up
%install
mkdir -p %{buildroot}/etc
echo ${version} > %{buildroot}/etc/${name}.conf
%files
%config(noreplace) /etc/${name}.conf
E
rpmbuild --quiet -bb --define '_rpmdir /srv/repository' /root/lab.spec > /root/rpmbuild.log 2>&1 || cat /root/rpmbuild.log >&2
`;
}

/** Makes a repository of made-up packages, with lists that expire at once, and lets dnf read them. */
export const MAKE_RPM_REPOSITORY = `set -e
mkdir -p /srv/repository
${PACKAGES.map((one) => build(...one)).join('')}createrepo_c -q /srv/repository
printf '[lab]\\nname=lab\\nbaseurl=file:///srv/repository\\ngpgcheck=0\\nmetadata_expire=1\\n' > /etc/yum.repos.d/lab.repo
dnf -q -y install lab-base-2:1.0 > /dev/null
`;

/** A newer version comes into the repository; what dnf knows of it stays as it is. */
export const RELEASE_NEW_TOOL = `${build('lab-tool', '3.0', 'Requires: lab-library')}createrepo_c -q /srv/repository`;
