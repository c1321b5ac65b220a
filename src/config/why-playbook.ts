import type { Json } from '../core/json.ts';
import type { Checked } from '../core/mistake.ts';
import type { AnyTask } from '../core/task.ts';
import type { Surroundings } from './inventory/connection.ts';
import type { Reason } from './inventory/inventory.ts';
import { openPlaybook } from './load-work.ts';
import { isSensitive } from './playbook/sensitive.ts';
import type { StepSource } from './playbook/step-source.ts';
import { showSpan } from './source/text-source.ts';
import { keySpan } from './source/yaml-source.ts';

/** Where a playbook sets a value: for all of it, which wins over the inventory, and for single steps. */
export interface PlaybookReasons {
  readonly whole: readonly Reason[];
  readonly steps: readonly Reason[];
}

/** The places of a playbook, and of what it includes, that set a value. */
export function whyInPlaybook(
  path: string,
  name: string,
  options: Surroundings & { readonly tasks: readonly AnyTask[] },
): Checked<PlaybookReasons> {
  const playbook = openPlaybook(path, options);
  if (!playbook.ok) return playbook;
  const { file, document, steps, mistakes } = playbook.value;
  if (mistakes.length > 0) return { ok: false, mistakes };
  const source = showSpan(keySpan(document, ['vars', name]));
  const whole = setIn(file.vars, name).map((value) => ({ place: 'playbook', source, value }));
  return { ok: true, value: { whole, steps: steps.flatMap((step) => reasonOf(step, name)) } };
}

function reasonOf(step: StepSource, name: string): readonly Reason[] {
  const source = showSpan(step.spanOf(['vars', name], 'key'));
  const isHidden = isSensitive(step.file, step.task);
  return setIn(step.file.vars, name).map((value) => ({ place: `step ${step.name}`, source, value: isHidden ? '********' : value }));
}

function setIn(vars: Readonly<Record<string, unknown>> | undefined, name: string): readonly Json[] {
  return vars !== undefined && Object.hasOwn(vars, name) ? [vars[name] as Json] : [];
}
