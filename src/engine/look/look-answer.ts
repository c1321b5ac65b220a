import { DroverError } from '../../core/errors.ts';
import type { LeaseSeen } from '../../core/lease.ts';
import { ABSENT, type Read, type Reading, type Readings, readKey, UNREADABLE } from '../../core/probe.ts';
import type { Output } from '../../core/session.ts';
import { leaseSeen } from '../lease/lease-answer.ts';
import { splitMarks } from '../script/marks.ts';
import { toText } from '../script/text.ts';
import { truncated } from './look-progress.ts';
import { ofKind, type Question } from './look-script.ts';

const KINDS = ['file', 'glob', 'stat', 'dir', 'command'] as const satisfies readonly Read['kind'][];

/** What an answer is of: the number of a read among its kind; for a file also its path, with `glob` where a pattern found it. */
interface Wanted {
  readonly kind: 'file' | 'glob' | 'stat' | 'dir' | 'command';
  readonly number: number;
  readonly path: string;
}

interface Answers {
  readonly fileBytes: number;
  /** Under `kind number`. */
  readonly single: Map<string, Reading>;
  readonly globbed: Map<number, { path: string; answer: Reading }[]>;
  /** Whose contents or lines are to come, in order. */
  pending: Wanted[];
}

interface Part {
  readonly words: readonly string[];
  readonly payload: Buffer;
  /** What stood on stderr meanwhile. */
  readonly stderr: string;
  readonly status: number;
}

/**
 * The readings in what the script of `encodeLook` printed, whole or not at all: LOOK_TRUNCATED where the script did not come
 * to its end.
 */
export function decodeLook(question: Question, output: Output): Readings {
  const parts = readParts(question.nonce, output);
  if (parts.at(-1)?.words[0] !== 'end') throw truncated(question, output);
  const answers: Answers = { fileBytes: question.limits.fileBytes, single: new Map(), globbed: new Map(), pending: [] };
  for (const part of parts) take(answers, part);
  const readings = KINDS.flatMap((kind) =>
    ofKind(question.reads, kind).map((read, number) => {
      const answer = answerTo(answers, kind, number);
      if (answer === undefined) throw new DroverError('LOOK_TRUNCATED', `no answer for ${readKey(read)}`);
      return [readKey(read), lasting(read, answer)] as const;
    }),
  );
  return Object.fromEntries(readings);
}

/** Without the lines that a command is told to leave out. */
function lasting(read: Read, answer: Reading): Reading {
  const omit = read.kind === 'command' ? read.omit : undefined;
  if (omit === undefined) return answer;
  const kept = answer.stdout.split('\n').filter((line) => !line.startsWith(omit));
  return { ...answer, stdout: kept.join('\n') };
}

/** The lease that the script told of. */
export function decodeLease({ nonce }: Question, { stdout }: Output): LeaseSeen {
  const told = splitMarks(stdout, nonce).find(({ words }) => words[0] === 'lease');
  if (told === undefined) throw new DroverError('LOOK_TRUNCATED', 'no answer for the lease');
  return leaseSeen(told.words[1] ?? '', toText(told.payload).text);
}

function readParts(nonce: string, { stdout, stderr }: Output): readonly Part[] {
  const errors = new Map(splitMarks(stderr, nonce).map(({ words, payload }) => [words.join(' '), payload.toString()]));
  const parts: Part[] = [];
  for (const { words, payload } of splitMarks(stdout, nonce)) {
    const last = parts.at(-1);
    if (words[0] === 'done' && last !== undefined) parts[parts.length - 1] = { ...last, status: Number(words[1]) };
    else parts.push({ words, payload, stderr: errors.get(words.join(' ')) ?? '', status: 0 });
  }
  return parts;
}

function take(answers: Answers, part: Part): void {
  const [kind, number = ''] = part.words;
  switch (kind) {
    case 'file':
      takeFile(answers, number, part);
      return;
    case 'lone':
      answers.pending.unshift(wantedFile(number, part.payload));
      return;
    case 'heads':
      takeAll(answers, part.status === 0 ? splitContents(part.payload, answers.pending.length) : undefined);
      return;
    case 'stats':
      takeAll(answers, part.status === 0 ? splitLines(part.payload, answers.pending.length) : undefined);
      return;
    case 'one': {
      const wanted = answers.pending.shift();
      if (wanted !== undefined) place(answers, wanted, oneByOne(part, answers.fileBytes));
      return;
    }
    case 'stat':
      if (part.words[2] === '0') answers.pending.push({ kind, number: Number(number), path: '' });
      else answers.single.set(`stat ${number}`, refusal(part));
      return;
    case 'glob':
      if (part.words[2] === '0') answers.globbed.set(Number(number), []);
      else answers.single.set(`glob ${number}`, refusal(part));
      return;
    case 'dir':
      answers.single.set(`dir ${number}`, part.words[2] === '0' ? success(part.payload) : refusal(part));
      return;
    case 'command':
      answers.single.set(`command ${number}`, { ...success(part.payload), status: part.status, stderr: part.stderr });
      return;
  }
}

/** A file's part holds its path, and after a NUL the reason where it cannot be read. */
function takeFile(answers: Answers, number: string, { words, payload }: Part): void {
  const wanted = wantedFile(number, payload);
  const status = Number(words[2]);
  const reason = payload.subarray(payload.indexOf(0) + 1).toString();
  if (status === 0) answers.pending.push(wanted);
  else place(answers, wanted, { status, stdout: '', stderr: reason });
}

function wantedFile(number: string, payload: Buffer): Wanted {
  const path = toText(payload.subarray(0, payload.indexOf(0))).text;
  return number.startsWith('g') ? { kind: 'glob', number: Number(number.slice(1)), path } : { kind: 'file', number: Number(number), path };
}

/** Contents that came together; without them, each is to come by itself. */
function takeAll(answers: Answers, contents: readonly Buffer[] | undefined): void {
  if (contents === undefined) return;
  answers.pending.forEach((wanted, i) => {
    place(answers, wanted, sized(contents[i] ?? Buffer.of(), answers.fileBytes));
  });
  answers.pending = [];
}

function place(answers: Answers, { kind, number, path }: Wanted, answer: Reading): void {
  if (kind === 'glob') answers.globbed.get(number)?.push({ path, answer });
  else answers.single.set(`${kind} ${number}`, answer);
}

/** head(1) printed its own environment before each file: the first stretch of the output, which ends with the nonce and a NUL. */
function splitContents(payload: Buffer, count: number): readonly Buffer[] {
  const last = payload.indexOf('\0B=') + 3;
  const separator = payload.subarray(0, payload.indexOf(0, last) + 1);
  const contents: Buffer[] = [];
  for (let at = 0; at < payload.length; ) {
    const next = payload.indexOf(separator, at + separator.length);
    contents.push(payload.subarray(at + separator.length, next < 0 ? payload.length : next));
    at = next < 0 ? payload.length : next;
  }
  if (contents.length !== count) throw new DroverError('LOOK_TRUNCATED', `${contents.length} files came where ${count} were asked`);
  return contents;
}

function splitLines(payload: Buffer, count: number): readonly Buffer[] {
  const lines = payload.toString('latin1').split('\n').slice(0, -1);
  if (lines.length !== count) throw new DroverError('LOOK_TRUNCATED', `stat gave ${lines.length} lines where ${count} were asked`);
  return lines.map((line) => Buffer.from(`${line}\n`, 'latin1'));
}

function success(bytes: Buffer): Reading {
  const { text, ...encoding } = toText(bytes);
  return { status: 0, stdout: text, stderr: '', ...encoding };
}

function sized(bytes: Buffer, most: number): Reading {
  return bytes.length <= most ? success(bytes) : { status: UNREADABLE, stdout: '', stderr: `larger than ${most} bytes` };
}

function refusal({ words, payload }: Part): Reading {
  return { status: Number(words[2]), stdout: '', stderr: payload.toString() };
}

/** What a tool said of one path, in the C locale. */
function oneByOne({ status, payload, stderr }: Part, fileBytes: number): Reading {
  if (status === 0) return sized(payload, fileBytes);
  if (/No such file or directory|Not a directory/.test(stderr)) return { status: ABSENT, stdout: '', stderr: '' };
  const reason = stderr.includes('Permission denied') ? 'permission denied' : stderr.trim() || `status ${status}`;
  return { status: UNREADABLE, stdout: '', stderr: reason };
}

function answerTo({ single, globbed }: Answers, kind: Read['kind'], number: number): Reading | undefined {
  const found = kind === 'glob' ? globbed.get(number) : undefined;
  if (found === undefined) return single.get(`${kind} ${number}`);
  const bad = found.find(({ answer }) => answer.status !== 0 && answer.status !== ABSENT);
  if (bad !== undefined) return { status: UNREADABLE, stdout: '', stderr: `${bad.path}: ${bad.answer.stderr}` };
  const files = found.filter(({ answer }) => answer.status === 0);
  const entries = files.map(({ path, answer: { stdout, encoding } }) => ({ path, content: stdout, ...(encoding && { encoding }) }));
  return { status: 0, stdout: JSON.stringify(entries), stderr: '' };
}
