import { resolve } from 'node:path';
import type { Work } from '../core/work.ts';
import { htmlPage } from '../report/html-page.ts';
import { junitXml } from '../report/junit.ts';
import type { Args } from './command-flags.ts';
import type { Conducted } from './conduct.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';
import { planPage } from './plan-page.ts';
import { refuseUnwritable, writeWhole } from './write-whole.ts';

export type ReportArgs = Partial<Pick<Args<'task'>, 'html' | 'junit'>>;

/** What of a plan or a run is written for others. */
interface HandOver {
  readonly args: ReportArgs;
  readonly io: Io;
  readonly work: Work;
  /** Of a run, which is told by its journal. */
  readonly page?: () => string;
}

/** Refuses files that cannot be written, before anything is dialled. */
export function refuseHandOver({ html, junit }: ReportArgs, { cwd }: Io): void {
  if (html !== undefined) refuseUnwritable('html', resolve(cwd, html));
  if (junit !== undefined) refuseUnwritable('junit', resolve(cwd, junit));
}

/** Writes the files that were asked for. */
export function handOver(conducted: Conducted, output: Output, { args, io, work, page }: HandOver): void {
  const { html, junit } = args;
  if (html !== undefined) writeWhole('html', resolve(io.cwd, html), page?.() ?? htmlPage(planPage(conducted, output.scrub(work.name))));
  if (junit === undefined) return;
  const { hosts, stopped, interrupted, durationMs, outputs } = conducted.report;
  const steps = work.hosts.flatMap((host) => host.steps);
  const sources = new Map(steps.map(({ number, source }) => [number, source]));
  const early = stopped ?? (interrupted ? 'interrupted' : undefined);
  const report = {
    name: output.scrub(work.name),
    hosts,
    durationMs,
    at: Date.now() - durationMs,
    outputs,
    sources,
    ...(early === undefined ? {} : { stopped: early }),
  };
  writeWhole('junit', resolve(io.cwd, junit), junitXml(report));
}
