import { isScalar } from 'yaml';
import type { Json } from '../../core/json.ts';
import type { Mistake } from '../../core/mistake.ts';
import { mistakeAt } from './text-source.ts';
import { nodeAt, type Path, textSpan, valueSpan, type YamlDocument } from './yaml-source.ts';

/** What is no mistake of YAML and yet never meant in a variable: templates, and booleans of YAML 1.1. */
export function findDataMistakes(document: YamlDocument, path: Path, value: Json): readonly Mistake[] {
  if (typeof value === 'string') return findTextMistakes(document, path, value);
  if (Array.isArray(value)) return value.flatMap((item: Json, i) => findDataMistakes(document, [...path, i], item));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => findDataMistakes(document, [...path, key], item));
}

function findTextMistakes(document: YamlDocument, path: Path, value: string): readonly Mistake[] {
  const from = value.indexOf('{{');
  if (from >= 0) {
    const hint = 'Fill templates in where they are used: under `with:` of a step.';
    return [mistakeAt(textSpan(document, path, { from, to: from + 2 }), 'variables are plain data: `{{` is not filled in here', hint)];
  }
  if (!/^(yes|no|on|off)$/i.test(value)) return [];
  const node = nodeAt(document, path);
  if (!isScalar(node) || node.type !== 'PLAIN') return [];
  const meant = /^(yes|on)$/i.test(value);
  return [
    mistakeAt(
      valueSpan(document, path),
      `\`${value}\` without quotes is text, not a boolean`,
      `Write ${meant}, or "${value}" if text is meant.`,
    ),
  ];
}
