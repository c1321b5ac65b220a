import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Change, run, settle, type Undo, write } from '../../src/core/change.ts';
import { type FileImage, file, fileImage } from '../../src/core/file.ts';
import type { Json } from '../../src/core/json.ts';
import { type Blocked, blocked, drift, type Plan, steady } from '../../src/core/plan.ts';
import { type Argv, all, map, type Probe } from '../../src/core/probe.ts';
import type { HostStep } from '../../src/core/step.ts';
import type { Finding } from '../../src/core/task.ts';
import { tempFolder } from './temp-folder.ts';

/** A step whose finding a probe yields, all else made up. */
export function step(number: number, probe: Probe<Plan | Finding>, more: Partial<HostStep> = {}): HostStep {
  const prepare = () => map(probe, (found): Finding => ('plan' in found ? found : { plan: found, result: null }));
  return { number, name: `step ${number}`, task: 'made.up', source: `p.yaml:${number}:3`, needs: [], optional: false, prepare, ...more };
}

const { uid, username } = userInfo();

/** A file with this text, as whoever runs the tests would own it. */
export function textImage(content: string): FileImage {
  return { content, mode: 0o644, owner: username, group: uid === 0 ? 'root' : username };
}

/** The file says this text. More changes can follow the write. */
export function textStep(
  number: number,
  { path, text, after = [] }: { path: string; text: string; after?: readonly Change[] },
  more?: Partial<HostStep>,
): HostStep {
  const probe = map(fileImage(path), (found): Plan => {
    if (found?.image?.content === text) return steady(`${path} says so`);
    const before = found?.image;
    return drift(
      write(path, before, before === undefined ? textImage(text) : { ...before, content: text }, 'it does not say so'),
      ...after,
    );
  });
  return step(number, probe, more);
}

/** What one file says is in another as well, brought there by a command. `foretold`: the command says what follows. */
export function copyStep(number: number, { from, to, foretold }: { from: string; to: string; foretold: boolean }): HostStep {
  const probe = map(
    all<{ from: string | undefined; to: string | undefined }>({ from: file(from), to: file(to) }),
    (state): Plan | Blocked => {
      if (state.from === undefined) return blocked(`${from} is absent`, 'Make it first.');
      if (state.from === state.to) return steady(`${to} is a copy`);
      const undo: Argv = state.to === undefined ? ['rm', to] : ['sh', '-c', 'printf %s "$1" >"$2"', '-', state.to, to];
      const leadsTo = { [`file ${to}`]: { status: 0, stdout: state.from, stderr: '' } };
      return drift(run(['cp', from, to], { undo, because: 'it is no copy', touches: [`file ${to}`], ...(foretold ? { leadsTo } : {}) }));
    },
  );
  return step(number, probe);
}

/** A unit whose configuration says this text and which runs with it: `systemctl` of `unitHost` makes it take up the file. */
export function unitStep(
  number: number,
  { folder, unit, text, foretold }: { folder: string; unit: string; text: string; foretold: boolean },
): HostStep {
  const conf = join(folder, `${unit}.conf`);
  const live = join(folder, `${unit}.live`);
  const probe = map(
    all<{ conf: { image?: FileImage } | undefined; live: string | undefined }>({ conf: fileImage(conf), live: file(live) }),
    (state): Plan => {
      const before = state.conf?.image;
      const writes =
        before?.content === text ? [] : [write(conf, before, before === undefined ? textImage(text) : { ...before, content: text }, 'x')];
      if (writes.length === 0 && state.live === text) return steady(`${unit} runs with it`);
      const leadsTo = { [`file ${live}`]: { status: 0, stdout: text, stderr: '' } };
      return drift(
        ...writes,
        settle({ what: 'restart', unit }, { because: 'it runs with another', touches: [`file ${live}`], ...(foretold ? { leadsTo } : {}) }),
      );
    },
  );
  return step(number, probe);
}

/** A step that makes these changes on every run. */
export function everStep(number: number, argv: Argv, undo: Undo = 'impossible'): HostStep {
  const changes = [run(argv, { undo, because: 'it is due on every run', touches: ['*'] })];
  return step(number, { reads: [], parse: (): Plan => ({ status: 'drift', changes, repeats: true }) });
}

/** A folder that plays the host: files, and a PATH with a systemctl that makes units take up their files and logs what it did, and a modprobe. */
export function unitHost() {
  const folder = tempFolder();
  const bin = tempFolder();
  const script = `#!/bin/sh
[ "$1" = restart ] || exit 0
echo "$2" >>${bin}/restarts
if [ -e ${folder}/$2.broken ]; then echo "Job for $2 failed" >&2; exit 1; fi
[ ! -e ${folder}/$2.conf ] || cp ${folder}/$2.conf ${folder}/$2.live
`;
  // A module that is in use: it cannot be unloaded, and to load it again is right.
  const modprobe = '#!/bin/sh\n[ "$1" != -r ] || { echo "modprobe: FATAL: Module $2 is in use." >&2; exit 1; }\n';
  for (const [name, text] of Object.entries({ systemctl: script, modprobe })) writeFileSync(join(bin, name), text, { mode: 0o755 });
  return { folder, restarts: join(bin, 'restarts'), env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` } };
}

/** A step that registers what a probe yields and never changes anything. */
export function registerStep(number: number, name: string, probe: Probe<Json>): HostStep {
  const finding = map(probe, (result): Finding => ({ plan: steady('it only tells'), result }));
  return step(number, finding, { register: name });
}
