import type { Json } from '../../core/json.ts';
import { isSensitive } from '../playbook/sensitive.ts';
import type { StepSource } from '../playbook/step-source.ts';
import type { Finding } from '../source/findings.ts';
import { at, show } from '../source/json-words.ts';
import type { Data } from '../template/host-data.ts';
import { compileTemplate } from '../template/template.ts';

/** What a step is done for on a host: once, or for each item of a list. */
export type Items =
  | { readonly ok: true; readonly items: readonly { readonly data: Data; readonly label: string }[] }
  | { readonly ok: false; readonly finding: Finding };

/** The data of each time that a step is done on a host. */
export function itemsOf(step: StepSource, data: Data): Items {
  const { loop } = step.file;
  if (loop === undefined) return { ok: true, items: [{ data, label: '' }] };
  const isSecret = isSensitive(step.file, step.task);
  const list = typeof loop === 'string' ? listNamed(loop, data) : loop;
  if (Array.isArray(list)) {
    return {
      ok: true,
      items: list.map((item: Json, i) => ({ data: { ...data, item }, label: ` (${isSecret ? `item ${i + 1}` : labelOf(item, i)})` })),
    };
  }
  const message =
    list === undefined
      ? `\`loop\` needs a list, or the name of one: \`${String(loop)}\` is none`
      : `\`loop\` needs a list, not ${isSecret ? 'this' : show(list)}`;
  const finding = { span: step.spanOf(['loop']), message, hint: 'Write loop: "{{ name }}" with a variable that holds a list.' };
  return { ok: false, finding };
}

function listNamed(text: string, data: Data): Json | undefined {
  const compiled = compileTemplate(text);
  const whole = compiled.ok ? compiled.template.whole : undefined;
  return whole === undefined ? undefined : at(data, whole.path);
}

/** The variable that a loop goes over; undefined where it stands there as a list. */
export function loopRoot(loop: Json | undefined): string | undefined {
  const compiled = typeof loop === 'string' ? compileTemplate(loop) : undefined;
  return compiled?.ok ? compiled.template.whole?.path[0] : undefined;
}

function labelOf(item: Json, index: number): string {
  if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') return String(item).slice(0, 40);
  const name = typeof item === 'object' && item !== null && !Array.isArray(item) ? (item as Data)['name'] : undefined;
  return typeof name === 'string' ? name.slice(0, 40) : `item ${index + 1}`;
}
