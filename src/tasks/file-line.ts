import * as z from 'zod';
import { write } from '../core/change.ts';
import { fileImage } from '../core/file.ts';
import { blocked, drift, steady } from '../core/plan.ts';
import { defineTask } from '../core/task.ts';
import { type LineEdit, lineNumbers, withLine, withoutLine } from '../probes/line-edit.ts';
import { fileParams, notRegular } from './file-plan.ts';

export const fileLine = defineTask({
  name: 'file.line',
  summary: 'A text file has one certain line, or has it not; every other line stays as it is.',
  params: z
    .strictObject({
      path: fileParams.path,
      line: z
        .string()
        .regex(/^[^\n\r\0]+$/, 'write one line, without its end')
        .optional()
        .describe('The whole line, without its end. The file keeps its line ends, LF or CRLF.'),
      regexp: pattern('The line that is replaced, or with ensure: absent removed. It may match one line only, beside the wanted one.'),
      after: pattern('The one line that a line which is not there goes after. Without it or before, it goes to the end of the file.'),
      before: pattern('The one line that a line which is not there goes before.'),
      ensure: z.enum(['present', 'absent']).default('present').describe('Whether the line is there.'),
    })
    .refine(({ ensure, line }) => ensure === 'absent' || line !== undefined, 'say the line')
    .refine(({ ensure, line, regexp }) => ensure === 'present' || (line === undefined) !== (regexp === undefined), {
      error: 'with ensure: absent say line or regexp, one of them',
    })
    .refine(
      ({ ensure, after, before }) => [after, before].filter((place) => place !== undefined).length <= (ensure === 'present' ? 1 : 0),
      {
        error: 'say after or before, one of them; and neither with ensure: absent',
      },
    ),
  effects:
    'Replaces the file whole, in one moment; it must be there. Where several lines match nothing is done. A line that is there is not moved, wherever it stands.',
  examples: [
    { name: 'No login as root', with: { path: '/etc/ssh/sshd_config', line: 'PermitRootLogin no', regexp: '^#?PermitRootLogin\\s' } },
    { name: 'The old mirror is gone', with: { path: '/etc/hosts', regexp: '\\smirror\\.example\\.com$', ensure: 'absent' } },
  ],
  resultSchema: z.strictObject({
    numbers: z.array(z.int()).describe('Where the line stands, from 1; with ensure: absent, what is to go.'),
  }),

  inspect: ({ path }) => fileImage(path),

  plan(found, params) {
    const { path, ensure } = params;
    if (found === undefined) {
      if (ensure === 'absent') return steady(`there is no ${path}`);
      return blocked(`there is no ${path}`, 'Make the file first, with file.content or by installing what brings it.');
    }
    const { image } = found;
    if (image === undefined) return notRegular(path, found.meta);
    if (image.encoding !== undefined || image.content.includes('\0')) {
      return blocked(`${path} is no UTF-8 text`, 'Convert the file, or write it whole with file.content.');
    }

    const edit = editOf(image.content, params);
    if (edit.status === 'unclear') return blocked(`${path}: ${edit.because}`, edit.hint);
    if (edit.status === 'edited') return drift(write(path, image, { ...image, content: edit.text }, edit.because));
    return steady(ensure === 'absent' ? `${path} has no such line` : `${path} has it, line ${edit.numbers.join(', ')}`);
  },

  result: (found, params) => ({ numbers: lineNumbers(found?.image?.content ?? '', meant(params)) }),
});

interface Params {
  readonly ensure: 'present' | 'absent';
  readonly line?: string | undefined;
  readonly regexp?: string | undefined;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

function editOf(text: string, params: Params): LineEdit {
  const { ensure, line = '', regexp, after, before } = params;
  if (ensure === 'absent') return withoutLine(text, meant(params));
  const side = after === undefined ? 'before' : 'after';
  const place = after ?? before;
  return withLine(text, {
    line,
    regexp: regexp === undefined ? undefined : new RegExp(regexp, 'u'),
    place: place === undefined ? undefined : { side, regexp: new RegExp(place, 'u') },
  });
}

/** Whether a line is the one that the step is about. */
function meant({ line, regexp }: Params): (text: string) => boolean {
  if (line !== undefined) return (text) => text === line;
  const found = new RegExp(regexp ?? '', 'u');
  return (text) => found.test(text);
}

function pattern(description: string) {
  return z
    .string()
    .min(1)
    .refine(isPattern, 'this is no regular expression (of ECMAScript, with the flag u)')
    .optional()
    .describe(`${description} A regular expression of ECMAScript.`);
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
