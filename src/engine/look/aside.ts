import type { Aside } from '../../core/probe.ts';
import { quoteArgv } from '../script/quote.ts';

/**
 * Sets _n to the words that make root a user who owns nothing: 65534, which the kernel has for ids that it cannot map. Whoever is not root
 * stays who he is.
 */
export const FIND_NOBODY = `_n=
[ "$(id -u)" != 0 ] || _n='setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs'`;

/**
 * Covers folders, the empty ones before a word \`linked\` and those with links behind it, and becomes the command behind \`--\`. Runs as root
 * of a user namespace, who has no more power over files than the user outside; its mounts are seen by nobody else and end with it.
 * Links to pid files would be taken for locks.
 */
const COVER = `
mount -t tmpfs -o mode=1777 aside /tmp || exit 125
linked=
while [ "$1" != -- ]; do
  if [ "$1" = linked ]; then linked=1
  elif [ -d "$1" ]; then
    old=/tmp/aside$1
    mkdir -p "$old" && mount --rbind "$1" "$old" && mount -t tmpfs -o mode=755 aside "$1" || exit 125
    [ ! "$linked" ] || for one in "$old"/*; do
      case $one in *.pid | */\\*) ;; *) ln -s "$one" "$1/" || exit 125 ;; esac
    done
  fi
  shift
done
shift
exec "$@"
`;

/** The words before a command that is run aside. */
export function asideWords({ empty, linked }: Aside): string {
  if (empty.length + linked.length === 0) return '$_n ';
  const cover = ['unshare', '-r', '-m', '--propagation', 'private', 'sh', '-c', COVER, 'drover-aside'] as const;
  return `$_n ${quoteArgv([...cover, ...empty, 'linked', ...linked, '--'])} `;
}
