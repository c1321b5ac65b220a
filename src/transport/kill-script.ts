/** A script that ends the process group of the process that stat(5) describes, if it still is that process; undefined where that cannot be told. */
export function killScript(stat: string): string | undefined {
  const pid = /^\d+/.exec(stat)?.[0];
  // What stands in parentheses is the program's name and may hold anything. After it: state, ppid, pgrp … starttime is the 20th.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const group = Number(fields[2]);
  const start = fields[19];
  if (pid === undefined || start === undefined || !(group > 1)) return undefined;
  return `read -r s </proc/${pid}/stat || exit 0
set -- \${s##*)}
[ "$3 \${20}" = '${group} ${start}' ] || exit 0
kill -TERM -${group}
for i in 1 2; do kill -0 -${group} || exit 0; sleep 1; done
kill -KILL -${group}
`;
}
