import type { Json } from '../../core/json.ts';
import { flagSource, mistakeAt, type Span, type TextSource } from '../source/text-source.ts';
import { parseYaml } from '../source/yaml-source.ts';
import { type Assembling, ansibleNames, finish } from './ansible-groups.ts';
import { type AnsibleVar, ansibleLayer, type Notes } from './ansible-vars.ts';
import type { Surroundings } from './connection.ts';
import type { RawInventory } from './raw-inventory.ts';

/** Whether a text is an INI inventory: a section, or lines that are no mapping. */
export function isIni(text: string): boolean {
  return /^\s*\[[\w.-]+(:(vars|children|hosts))?\]\s*([#;].*)?$/m.test(text);
}

interface Section {
  readonly group: string;
  readonly kind: 'hosts' | 'vars' | 'children';
}

/** An inventory in Ansible's INI format. */
export function readAnsibleIni(source: TextSource, around: Surroundings): RawInventory {
  const notes: Notes = { mistakes: [], warnings: [] };
  const made: Assembling = { groups: new Map(), hosts: [], notes };
  let section: Section = { group: 'ungrouped', kind: 'hosts' };
  source.lineStarts.forEach((start, i) => {
    const line = source.text.slice(start, source.lineStarts[i + 1] ?? source.text.length);
    const text = line.trim();
    const from = start + line.indexOf(text);
    const span: Span = { source, start: from, end: from + text.length };
    if (text === '' || text.startsWith('#') || text.startsWith(';')) return;
    const next = sectionOf(text);
    if (next === undefined) readLine(made, { section, span, text, around });
    else section = openSection(made, next, span);
  });
  return finish(made, around);
}

function sectionOf(text: string): Section | undefined {
  const [, group, kind = 'hosts'] = /^\[([^\]:]+)(?::(vars|children|hosts))?\]\s*([#;].*)?$/.exec(text) ?? [];
  return group === undefined ? undefined : { group, kind: kind as Section['kind'] };
}

function openSection({ groups }: Assembling, section: Section, span: Span): Section {
  if (!groups.has(section.group)) groups.set(section.group, { span, children: [], vars: [] });
  return section;
}

interface Line {
  readonly section: Section;
  readonly span: Span;
  readonly text: string;
  readonly around: Surroundings;
}

function readLine(made: Assembling, line: Line): void {
  const { section, span, text } = line;
  const group = made.groups.get(section.group);
  if (section.kind === 'children') group?.children.push({ name: text.replace(/\s+[#;].*$/, ''), span });
  else if (section.kind === 'vars') readVarLine(made, line);
  else readHostLine(made, line);
}

function readVarLine({ groups, notes }: Assembling, { section, span, text }: Line): void {
  const [, name = '', value = ''] = /^([^=\s]+)\s*=\s*(.*)$/.exec(text) ?? [];
  if (name === '') notes.mistakes.push(mistakeAt(span, 'expected name=value', 'Under [group:vars] stand variables.'));
  else groups.get(section.group)?.vars.push({ name, value: literal(value.replace(/\s+#.*$/, '')), span });
}

function readHostLine(made: Assembling, { section, span, text, around }: Line): void {
  const words = [...text.replace(/\s+[#;].*$/, '').matchAll(/(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+/g)].map((match) => ({
    word: match[0],
    span: { source: span.source, start: span.start + match.index, end: span.start + match.index + match[0].length },
  }));
  const [first, ...rest] = words;
  if (first === undefined) return;
  const [, range = first.word, port] = /^(.+?)(?::(\d+))?$/.exec(first.word) ?? [];
  const vars: AnsibleVar[] = port === undefined ? [] : [{ name: 'ansible_port', value: Number(port), span: first.span }];
  for (const one of rest) {
    const [, name = '', value = ''] = /^([^=]+)=([\s\S]*)$/.exec(one.word) ?? [];
    if (name === '')
      made.notes.mistakes.push(
        mistakeAt(
          one.span,
          `expected name=value, not \`${one.word}\``,
          'After the host stand its variables; each host has a line of its own.',
        ),
      );
    else vars.push({ name, value: literal(value), span: one.span });
  }
  const layer = vars.length === 0 ? undefined : ansibleLayer(`host ${range}`, vars, { notes: made.notes, around });
  for (const name of ansibleNames(range, first.span, made.notes)) {
    made.hosts.push({
      name,
      span: first.span,
      group: section.group === 'ungrouped' || section.group === 'all' ? undefined : section.group,
      layer,
    });
  }
}

/** Ansible takes values for Python's: numbers, True, quoted text, lists; all else is text as it stands. */
function literal(text: string): Json {
  if (/^(['"])[\s\S]*\1$/.test(text) && text.length > 1) return text.slice(1, -1);
  if (/^(0|-?[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (text === 'True' || text === 'False') return text === 'True';
  if (!/^[[{]/.test(text)) return text;
  const parsed = parseYaml(flagSource('value', text));
  return parsed.ok ? parsed.value.value : text;
}
