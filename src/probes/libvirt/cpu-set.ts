import * as z from 'zod';

/** A set of CPUs in libvirt's words: `0-3,^2,8`. */
const SET = /^\^?\d{1,4}(-\d{1,4})?(,\^?\d{1,4}(-\d{1,4})?)*$/;

export const CpuSet = z.union([
  z.int().min(0).max(9999),
  z
    .string()
    .regex(SET)
    .refine((text) => cpusIn(text).size > 0, 'it holds no CPU'),
]);
export type CpuSet = z.output<typeof CpuSet>;

/** The CPUs of a set; none of a text that is no set. What stands behind `^` is taken out again. */
export function cpusIn(text: string): ReadonlySet<number> {
  const parts = text
    .trim()
    .split(',')
    .map((part) => /^(\^?)(\d+)(?:-(\d+))?$/.exec(part) ?? undefined)
    .filter((part) => part !== undefined);
  const of = (sign: string) => parts.filter(([, one]) => one === sign).flatMap(([, , from, to]) => range(Number(from), Number(to ?? from)));
  const without = new Set(of('^'));
  return new Set(of('').filter((cpu) => !without.has(cpu)));
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

/** Whether two texts mean the same CPUs. */
export function sameCpus(a: string, b: string): boolean {
  const [one, other] = [cpusIn(a), cpusIn(b)];
  return one.size === other.size && [...one].every((cpu) => other.has(cpu));
}
