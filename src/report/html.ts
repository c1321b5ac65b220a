import { printable } from './printable.ts';

/** A piece of HTML: nothing in it is anybody else's text any more. */
export interface Html {
  readonly html: string;
}

/** HTML with values put in. Texts are escaped, for text and for attributes in double quotes; only what is HTML stays as it is. */
export function html(strings: TemplateStringsArray, ...values: readonly (string | Html)[]): Html {
  const parts = values.map((value) => (typeof value === 'string' ? escaped(value) : value.html));
  return { html: strings.map((own, i) => own + (parts[i] ?? '')).join('') };
}

/** Pieces, one after the other. */
export function joined(pieces: readonly Html[]): Html {
  return { html: pieces.map((piece) => piece.html).join('') };
}

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Characters that turn the direction of a text, and controls, are shown and not obeyed. */
function escaped(value: string): string {
  return printable(value).replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? sign);
}
