import { DroverError } from '../../core/errors.ts';
import { readKey } from '../../core/probe.ts';
import type { Output } from '../../core/session.ts';
import { splitMarks } from '../script/marks.ts';
import { lastLine } from '../script/text.ts';
import { ofKind, type Question } from './look-script.ts';

/** The read that was under way when a look printed its last mark: the one to blame where it hangs. */
export function underWay({ reads, nonce }: Question, stdout: Buffer): string {
  const last = splitMarks(stdout, nonce).findLast(({ words }) => words[0] !== 'done');
  if (last === undefined) return 'nothing yet';
  const [kind, number = ''] = last.words;
  const read =
    kind === 'lone' || kind === 'file' ? ofKind(reads, 'file')[Number(number)] : reads.filter((one) => one.kind === kind)[Number(number)];
  return read === undefined ? 'its files' : readKey(read);
}

/** The error of a look whose script did not come to its end. */
export function truncated(question: Question, output: Output): DroverError {
  const how = output.status === undefined ? (output.signal ?? 'a signal') : `status ${output.status}`;
  const tail = lastLine(output.stderr);
  const words = tail === '' || tail.startsWith(question.nonce) ? '' : `: ${tail}`;
  return new DroverError('LOOK_TRUNCATED', `the look ended with ${how} at ${underWay(question, output.stdout)}${words}`);
}
