import type { Mistake } from '../../core/mistake.ts';
import { usesOf } from '../expression/expression.ts';
import type { Given } from '../playbook/extra-vars.ts';
import type { Playbook } from '../playbook/read-playbook.ts';
import type { StepSource } from '../playbook/step-source.ts';
import { didYouMean } from '../source/nearest.ts';
import { mistakeAt, mistakeOf } from '../source/text-source.ts';
import { keySpan } from '../source/yaml-source.ts';
import type { LocalFiles } from '../template/local-files.ts';
import { askedBy } from '../template/with-values.ts';
import { loopRoot } from './loop.ts';

/** The variables that steps name; undefined where that differs from host to host. */
export function usedNames(steps: readonly StepSource[], files: LocalFiles): ReadonlySet<string> | undefined {
  const used = new Set<string>();
  for (const step of new Set(steps.flatMap((one) => [...one.includes, one]))) {
    const names = namesIn(step, files);
    if (names === undefined) return undefined;
    const inputs = step.includes.at(-1)?.task.params.shape ?? {};
    for (const name of names.filter((one) => !Object.hasOwn(inputs, one))) used.add(name);
  }
  return used;
}

function namesIn({ file, schema, folder }: StepSource, files: LocalFiles): readonly string[] | undefined {
  const asked = askedBy(file.with, { schema, files: files.from(folder) });
  if (asked.isOpenEnded) return undefined;
  const uses = typeof file.when === 'string' ? usesOf(file.when) : undefined;
  const roots = [...asked.references, ...(uses?.ok ? uses.uses : [])].map(({ path }) => path[0] ?? '');
  return [...roots, loopRoot(file.loop) ?? []].flat();
}

/** What is set by name on the command line is meant to make a difference. */
export function unusedMistakes(given: Given, used: ReadonlySet<string> | undefined): readonly Mistake[] {
  if (used === undefined) return [];
  const unused = Object.keys(given).filter((name) => !used.has(name));
  const known = [...used].filter((name) => name !== 'host' && name !== 'item');
  return unused.map((name) => mistakeOf('-e', `no step uses \`${name}\``, didYouMean(name, known)));
}

/** Variables of the playbook that no step names: most likely one of the two is misspelt. */
export function unusedWarnings({ document, file, steps }: Playbook, used: ReadonlySet<string> | undefined): readonly Mistake[] {
  if (used === undefined) return [];
  const own = Object.keys(file.vars ?? {}).map((name) => ({ name, span: keySpan(document, ['vars', name]) }));
  const ofSteps = steps.flatMap((step) =>
    Object.keys(step.file.vars ?? {}).map((name) => ({ name, span: step.spanOf(['vars', name], 'key') })),
  );
  return [...own, ...ofSteps].filter(({ name }) => !used.has(name)).map(({ name, span }) => mistakeAt(span, `no step uses \`${name}\``));
}
