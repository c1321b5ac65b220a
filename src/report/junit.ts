import { type HostOutcome, reasonOf } from '../core/outcome.ts';
import { changeLines } from './change-text.ts';
import type { FailedOutput } from './failed-output.ts';
import { paintFor } from './paint.ts';
import { printable } from './printable.ts';

/** What JUnit's readers are told of a plan or a run. */
export interface JunitReport {
  readonly name: string;
  readonly hosts: readonly HostOutcome[];
  /** Why the run stopped early. */
  readonly stopped?: string;
  readonly durationMs: number;
  readonly at: number;
  /** What failed changes printed, by host. */
  readonly outputs: ReadonlyMap<string, FailedOutput>;
  /** file:line:col of each step, by its number. */
  readonly sources: ReadonlyMap<number, string>;
}

type Step = HostOutcome['steps'][number];

interface Suite {
  readonly name: string;
  readonly ms: number;
  readonly cases: readonly Case[];
}

/** One case: a step on a host, or the host itself. */
interface Case {
  readonly name: string;
  readonly ms: number;
  readonly result: Result;
}

type Result =
  | { readonly kind: 'passed' }
  | { readonly kind: 'skipped'; readonly message: string }
  | { readonly kind: 'failure' | 'error'; readonly type: string; readonly message: string; readonly text: readonly string[] };

const PASSED: Result = { kind: 'passed' };

/** JUnit XML: a suite a host, a case a step, and one for the host itself, which holds the time. */
export function junitXml(report: JunitReport): string {
  const hosts = report.hosts.map((host) => ({ name: host.host, ms: host.durationMs, cases: casesOf(host, report) }));
  const suites = [...stoppedSuite(report), ...hosts];
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name=${quoted(report.name)} ${sums(all)} time="${seconds(report.durationMs)}">`,
    ...suites.flatMap((suite) => suiteLines(suite, report)),
    '</testsuites>',
    '',
  ].join('\n');
}

/** Hosts that were not started fail nothing: that the run stopped is a failure of its own. */
function stoppedSuite({ stopped }: JunitReport): readonly Suite[] {
  if (stopped === undefined) return [];
  const result: Result = { kind: 'failure', type: 'stopped', message: stopped, text: [stopped] };
  return [{ name: 'the run', ms: 0, cases: [{ name: 'the run goes to its end', ms: 0, result }] }];
}

function suiteLines({ name, ms, cases }: Suite, { at }: JunitReport): readonly string[] {
  // No fraction and no zone, as JUnit's own schema has it.
  const timestamp = new Date(at).toISOString().slice(0, 19);
  const about = `name=${quoted(name)} hostname=${quoted(name)} timestamp="${timestamp}"`;
  return [
    `  <testsuite ${about} ${sums(cases)} skipped="${countOf(cases, 'skipped')}" time="${seconds(ms)}">`,
    ...cases.flatMap((one) => caseLines(name, one)),
    '  </testsuite>',
  ];
}

function sums(cases: readonly Case[]): string {
  return `tests="${cases.length}" failures="${countOf(cases, 'failure')}" errors="${countOf(cases, 'error')}"`;
}

function countOf(cases: readonly Case[], kind: Result['kind']): number {
  return cases.filter(({ result }) => result.kind === kind).length;
}

function caseLines(host: string, { name, ms, result }: Case): readonly string[] {
  const head = `    <testcase classname=${quoted(host)} name=${quoted(name)} time="${seconds(ms)}"`;
  switch (result.kind) {
    case 'passed':
      return [`${head}/>`];
    case 'skipped':
      return [`${head}>`, `      <skipped message=${quoted(result.message)}/>`, '    </testcase>'];
    case 'failure':
    case 'error': {
      const { kind, type, message, text } = result;
      const about = `<${kind} type=${quoted(type)} message=${quoted(message)}>`;
      return [`${head}>`, `      ${about}${text.map(escaped).join('\n')}</${kind}>`, '    </testcase>'];
    }
    default:
      return result satisfies never;
  }
}

function casesOf(outcome: HostOutcome, { outputs, sources }: JunitReport): readonly Case[] {
  const output = outputs.get(outcome.host)?.lines ?? [];
  const own: Case = { name: 'the host itself', ms: outcome.durationMs, result: hostResult(outcome) };
  const steps = outcome.steps.map((step): Case => {
    const name = `${step.number} ${step.name} (${step.task})`;
    return { name, ms: 0, result: stepResult(step, sources.get(step.number) ?? '', output) };
  });
  return [own, ...steps];
}

/** Of what a step failed by the step tells; a gate, a lost connection and a host that was not reached have no step. */
function hostResult({ status, error, steps }: HostOutcome): Result {
  if (status === 'not started') return { kind: 'skipped', message: 'not started: the run stopped before its turn' };
  if (error === undefined || steps.some(({ outcome }) => outcome.status === 'failed' && outcome.error.message === error.message))
    return PASSED;
  const kind = status === 'failed' || status === 'blocked' ? 'failure' : 'error';
  return { kind, type: error.code, message: error.message, text: [error.message, error.hint] };
}

function stepResult({ outcome }: Step, source: string, output: readonly string[]): Result {
  const { because = '', hint = '' } = reasonOf(outcome);
  switch (outcome.status) {
    case 'steady':
    case 'changed':
      return PASSED;
    case 'drift':
      // A plan's changes are no failure; what a run leaves waits for a reboot.
      return 'waitsFor' in outcome ? { kind: 'skipped', message: because } : PASSED;
    case 'skipped':
    case 'declined':
    case 'not reached':
    case 'unknown':
      return { kind: 'skipped', message: because };
    case 'blocked':
      return { kind: 'failure', type: 'blocked', message: because, text: [source, because, hint] };
    case 'failed': {
      const stands = outcome.takenBack === 'stands' ? outcome.made.flatMap((change) => changeLines(change, PLAIN)) : [];
      const made = stands.length === 0 ? [] : ['what was made of it stands:', ...stands];
      return { kind: 'failure', type: outcome.error.code, message: because, text: [source, because, hint, ...made, ...output] };
    }
    default:
      return outcome satisfies never;
  }
}

const PLAIN = { paint: paintFor('plain'), verbose: 0, diff: false };

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** An attribute. A reader makes a blank of a tab in it, unless it is written as a number. */
function quoted(value: string): string {
  return `"${escaped(value).replaceAll('\t', '&#9;')}"`;
}

/** Printable text holds no control characters; two signs are left that XML has no way to write. */
function escaped(value: string): string {
  return printable(value)
    .replace(/[&<>"]/g, (sign) => SIGNS[sign] ?? sign)
    .replace(/[\uFFFE\uFFFF]/g, '\uFFFD');
}
