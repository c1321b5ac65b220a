import { DroverError } from '../core/errors.ts';

/** What a request line is made of. */
export interface ShellLine {
  /** Random and of letters and digits only: it marks where the login's noise ends, and sudo's prompt. */
  readonly nonce: string;
  /** A command to run through `sh -c`; absent where a script follows through stdin. */
  readonly command?: string;
  readonly become?: { readonly user: string; readonly asks: boolean };
}

/**
 * The line to send as an exec request. The login shell may be any: sh, csh, fish. So it holds words and single-quoted texts only,
 * and these hold no quote, newline or `!` (csh), and no backslash before a quote or a backslash (fish).
 */
export function shellLine({ nonce, command, become }: ShellLine): string {
  const then = command === undefined ? 'exec sh -s' : `exec sh -c "$(printf "${printfText(command)}")"`;
  return `exec ${becomeWords(nonce, become)}sh -c '${preamble(nonce)}; ${then}'`;
}

/** What sudo is told to prompt with. */
export function sudoPrompt(nonce: string): string {
  return `sudo-${nonce}:`;
}

/** What is printed on both streams before anything else that is meant. On stderr the line goes on with the process' stat(5) line. */
export function startMark(nonce: string): string {
  return `\nstart-${nonce}`;
}

/** Builtins only, so that it costs no process. `$$` stays the same through the `exec`. */
function preamble(nonce: string): string {
  const mark = `start-${nonce}`;
  return `read -r s </proc/$$/stat; printf "\\n%s\\n" ${mark}; printf "\\n%s %s\\n" ${mark} "$s" >&2`;
}

function becomeWords(nonce: string, become: ShellLine['become']): string {
  if (become === undefined) return '';
  if (!/^[#\w][\w.@$-]*$/.test(become.user)) {
    throw new DroverError('SUDO_REFUSED', `${JSON.stringify(become.user)} cannot be the name of a user`);
  }
  const asking = become.asks ? `-S -p '${sudoPrompt(nonce)}'` : '-n';
  return `sudo ${asking} -u '${become.user}' -- `;
}

/** The command as a format of printf(1) between double quotes: all that any shell could take amiss is written in octal. */
function printfText(command: string): string {
  if (command.includes('\0')) throw new DroverError('USAGE', 'a command cannot hold a NUL character');
  const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`;
  // A leading dash would be taken for an option of printf.
  const isPlain = (char: string, index: number) => /[\w ,.:;/=+@^~()[\]{}<>|&*?#-]/.test(char) && (index > 0 || char !== '-');
  const bytes = [...Buffer.from(command)];
  return bytes.map((byte, index) => (isPlain(String.fromCharCode(byte), index) ? String.fromCharCode(byte) : octal(byte))).join('');
}
