import { type Change, touches, type Write } from '../../core/change.ts';
import { parseStat } from '../../core/file.ts';
import { ABSENT, type Reading } from '../../core/probe.ts';

/** What a change does to a read's answer: it stays, it will be this, or it will be something that nobody knows yet. */
type Effect = { readonly kind: 'none' } | { readonly kind: 'leads to'; readonly reading: Reading } | { readonly kind: 'touched' };

const NONE: Effect = { kind: 'none' };
const TOUCHED: Effect = { kind: 'touched' };
const GONE: Effect = leadsTo({ status: ABSENT, stdout: '', stderr: '' });

/** What a change does to the answer of the read with this key, given the answer before it. */
export function effectOn(change: Change, key: string, before: Reading): Effect {
  const declared = change.kind === 'write' ? undefined : change.leadsTo?.[key];
  if (declared !== undefined) return leadsTo(declared);
  if (!touches(change, key)) return NONE;
  return change.kind === 'write' ? written(change, key, before) : TOUCHED;
}

function written(change: Write, key: string, before: Reading): Effect {
  const kind = key.slice(0, key.indexOf(' '));
  switch (kind) {
    case 'file':
      return change.after === undefined ? GONE : leadsTo(content(change.after));
    case 'stat':
      return statAfter(change, before);
    case 'dir':
      return namesAfter(change, before);
    case 'glob':
      return patternOf(key.slice('glob '.length)).test(change.path) ? filesAfter(change, before) : NONE;
    default:
      return TOUCHED;
  }
}

function leadsTo(reading: Reading): Effect {
  return { kind: 'leads to', reading };
}

function content({ content: stdout, encoding }: NonNullable<Write['after']>): Reading {
  return { status: 0, stdout, stderr: '', ...(encoding === undefined ? {} : { encoding }) };
}

/** The line of stat(1), where the numbers of owner and group can be known. */
function statAfter({ path, after }: Write, before: Reading): Effect {
  if (after === undefined) return GONE;
  const was = before.status === 0 ? parseStat(path, before.stdout) : undefined;
  const uid = after.owner === was?.owner ? was.uid : ROOT_ID.get(after.owner);
  const gid = after.group === was?.group ? was.gid : ROOT_ID.get(after.group);
  if (uid === undefined || gid === undefined) return TOUCHED;
  const size = Buffer.byteLength(after.content, after.encoding ?? 'utf8');
  const mode = (0o100000 | after.mode).toString(16);
  return leadsTo({ status: 0, stdout: `${mode} ${uid} ${gid} ${size} ${nameOf(after.owner)}/${nameOf(after.group)}\n`, stderr: '' });
}

/** The one name whose number is the same on every host. */
const ROOT_ID = new Map([['root', 0]]);

/** A number stands for an owner without a name, and stat(1) says UNKNOWN there. */
function nameOf(owner: string): string {
  return /^\d+$/.test(owner) ? 'UNKNOWN' : owner;
}

function namesAfter({ path, after }: Write, before: Reading): Effect {
  if (before.status !== 0) return TOUCHED;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const others = before.stdout.split('\0').filter((one) => one !== '' && one !== name);
  const names = after === undefined ? others : [...others, name];
  return leadsTo({ ...before, stdout: names.map((one) => `${one}\0`).join('') });
}

function filesAfter({ path, after }: Write, before: Reading): Effect {
  if (before.status !== 0) return TOUCHED;
  const all: readonly { readonly path: string }[] = JSON.parse(before.stdout);
  const others = all.filter((one) => one.path !== path);
  if (after === undefined) return leadsTo({ ...before, stdout: JSON.stringify(others) });
  const { encoding } = after;
  const files = [...others, { path, content: after.content, ...(encoding && { encoding }) }];
  // The shell's order in the C locale is that of the bytes.
  files.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return leadsTo({ ...before, stdout: JSON.stringify(files) });
}

/** A shell pattern as a regular expression: no sign matches a slash, and none a dot at the beginning of a name. */
function patternOf(glob: string): RegExp {
  const names = glob.split('/').map((name) => {
    const body = name.replace(/\*+|\?|\[\]?[^\]]*\]|[\s\S]/g, (part) => {
      if (part.startsWith('*')) return '[^/]*';
      if (part === '?') return '[^/]';
      if (part.length > 1) return `(?!/)${part.replace(/^\[\]/, '[\\]')}`;
      return part.replace(/[.\\^$+(){}|[\]]/, '\\$&');
    });
    return /^[*?[]/.test(name) ? `(?!\\.)${body}` : body;
  });
  return new RegExp(`^${names.join('/')}$`);
}
