import type { Gate, GateCondition, Seen, Verdict } from '../../core/gate.ts';
import type { Checked, Mistake } from '../../core/mistake.ts';
import { all, command, map, type Probe } from '../../core/probe.ts';
import { checkExpression, type Expression, usesOf } from '../expression/expression.ts';
import { mistakeAt, showSpan } from '../source/text-source.ts';
import { textSpan, valueSpan } from '../source/yaml-source.ts';
import type { Playbook } from './read-playbook.ts';

/** What a gate may measure, by name. */
export type Measurable = Readonly<Record<string, Probe<number | null>>>;

/** The conditions of a playbook's gate, and what is measured for them; undefined where there are none. */
export function readGate({ file, document }: Playbook, measures: Measurable): Checked<Gate | undefined> {
  const { gate = [], probes = {} } = file.rollout ?? {};
  const names = [...Object.keys(measures), ...Object.keys(probes)];
  const twice = Object.keys(probes).filter((name) => Object.hasOwn(measures, name));
  const mistakes: Mistake[] = twice.map((name) =>
    mistakeAt(valueSpan(document, ['rollout', 'probes', name]), `\`${name}\` is measured anyway`, 'Give the probe another name.'),
  );
  const known = Object.fromEntries(names.map((name) => [name, Object.hasOwn(measures, name) ? 'int' : 'dyn']));
  const untouched = { before: known, after: known };
  const conditions = gate.flatMap((one, i): readonly GateCondition[] => {
    if (!('expr' in one)) return [];
    const path = ['rollout', 'gate', i, 'expr'];
    const checked = checkExpression(one.expr, {
      types: { before: known, after: known, untouched },
      names: ['before', 'after', 'untouched', ...names],
    });
    if (checked.ok) return [conditionOf(checked.expression, showSpan(valueSpan(document, path)))];
    const { message, hint, from, to } = checked.problem;
    const measured = `Measured are ${names.map((name) => `after.${name}`).join(', ')}.`;
    mistakes.push(
      mistakeAt(textSpan(document, path, { from, to }), message, message.startsWith('no such key') ? measured : (hint ?? measured)),
    );
    return [];
  });
  if (mistakes.length > 0) return { ok: false, mistakes };
  if (conditions.length === 0) return { ok: true, value: undefined };
  const own = Object.fromEntries(Object.entries(probes).map(([name, line]) => [name, commandMeasure(line)]));
  return { ok: true, value: { measure: all<Record<string, number | string | null>>({ ...measures, ...own }), conditions } };
}

/** What an operator's command prints: a number where it is one, else its text; null where it fails. */
function commandMeasure(line: string): Probe<number | string | null> {
  return map(command('sh', '-c', line), ({ status, stdout }) => {
    const text = stdout.trim();
    if (status !== 0) return null;
    return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text;
  });
}

function conditionOf(expression: Expression, source: string): GateCondition {
  const { text } = expression;
  const used = usesOf(text);
  const paths = used.ok ? used.uses.map(({ path }) => path) : [];
  const asked = [...new Set(paths.map((path) => path.join('.')))].filter((name) => /^(before|after|untouched)\./.test(name));
  const compares = paths.some(([root]) => root === 'untouched');
  return {
    text,
    source,
    compares,
    judge: (seen): { readonly verdict: Verdict; readonly because: string } => {
      if (compares && seen.untouched === undefined)
        return { verdict: 'inconclusive', because: `${text}: there is no other host to compare with` };
      const missing = asked.filter((name) => valueAt(seen, name) === null);
      if (missing.length > 0) return { verdict: 'inconclusive', because: `${text}: ${missing.join(', ')} could not be read` };
      const { before = {}, after, untouched } = seen;
      const compared = { before: { ...untouched?.before }, after: { ...untouched?.after } };
      const answer = expression.evaluate({ before, after, untouched: compared });
      if (!answer.ok) return { verdict: 'inconclusive', because: `${text}: ${answer.problem.message}` };
      const told = asked.map((name) => `${name} = ${valueAt(seen, name)}`);
      return { verdict: answer.value ? 'pass' : 'fail', because: `${text}: ${told.join(', ')}` };
    },
  };
}

/** What `before.x` or `untouched.after.x` names; null where it could not be read. */
function valueAt({ before, after, untouched }: Seen, name: string): number | string | null {
  const [root, ...rest] = name.split('.');
  const measures = root === 'untouched' ? untouched?.[rest.shift() === 'before' ? 'before' : 'after'] : root === 'before' ? before : after;
  return measures?.[rest[0] ?? ''] ?? null;
}
