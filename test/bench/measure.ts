import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What one run of a program cost. CPU includes all its descendants; memory is the peak of the sum of their resident sets. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly hostCpuMs: number;
  readonly peakMiB: number;
  readonly status: number | null;
}

const TICK_MS = 10; // USER_HZ is 100 on every Linux that Node runs on
const PAGE_MIB = 4096 / 2 ** 20;

/** Runs a program to its end and measures it. `hostCpuMs` is the difference of `hostCpu` before and after. */
export async function measure(argv: readonly string[], hostCpu: () => number): Promise<Cost> {
  const [program = '', ...args] = argv;
  const before = { cpu: childrenCpuMs(), host: hostCpu(), at: performance.now() };
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  let peakMiB = 0;
  const sampler = setInterval(() => {
    peakMiB = Math.max(peakMiB, residentMiB(child.pid ?? 0));
  }, 20);
  const status = await new Promise<number | null>((done, fail) => {
    child.on('error', fail);
    child.on('close', done);
  });
  clearInterval(sampler);
  return {
    wallMs: performance.now() - before.at,
    cpuMs: childrenCpuMs() - before.cpu,
    hostCpuMs: hostCpu() - before.host,
    peakMiB,
    status,
  };
}

/** CPU of all descendants of this process that have ended and were waited for: cutime and cstime of proc(5). */
function childrenCpuMs(): number {
  const fields = statFields('self');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

/** CPU of a process so far, without its children: utime and stime of proc(5). */
export function cpuMsOf(pid: number): number {
  const fields = statFields(String(pid));
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The resident sets of a process and its descendants, added up. */
function residentMiB(root: number): number {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const fields = statFields(pid);
      return fields.length === 0 ? [] : [{ pid: Number(pid), parent: Number(fields[1]), pages: Number(fields[21]) }];
    });
  const family = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, parent } of processes) {
      if (family.has(parent) && !family.has(pid)) grown = family.add(pid).size > 0;
    }
  }
  return processes.filter(({ pid }) => family.has(pid)).reduce((sum, { pages }) => sum + pages * PAGE_MIB, 0);
}

/** The fields of /proc/PID/stat from `state` on (index 0); empty where the process is gone. */
function statFields(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** The middle of a list; with an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = sorted.length % 2 === 1 ? [sorted[half], sorted[half]] : [sorted[half - 1], sorted[half]];
  return (low + high) / 2;
}
