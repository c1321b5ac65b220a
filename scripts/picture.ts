import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** Turns what a program printed on a terminal (stdin) into an SVG picture (stdout): picture.ts TITLE. Colours and weights of SGR only. */
const COLOURS: Readonly<Record<string, string>> = {
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '34': '#79c0ff',
  '35': '#d2a8ff',
  '36': '#76e3ea',
  '90': '#8b949e',
};
const SGR = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`);
const CHAR = 8.4;
const LINE = 20;
const MARGIN = 20;

interface Style {
  readonly colour: string;
  readonly bold: boolean;
  readonly dim: boolean;
}
const PLAIN: Style = { colour: '#e6edf3', bold: false, dim: false };

function styled(style: Style, code: string): Style {
  if (code === '' || code === '0') return PLAIN;
  if (code === '1') return { ...style, bold: true };
  if (code === '2') return { ...style, dim: true };
  if (code === '22') return { ...style, bold: false, dim: false };
  if (code === '39') return { ...style, colour: PLAIN.colour };
  return { ...style, colour: COLOURS[code] ?? style.colour };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** One line of text as spans. Styles end with the line in what drover prints. */
function spans(line: string): string {
  let style = PLAIN;
  return line
    .split(SGR)
    .map((part, i) => {
      if (i % 2 === 1) {
        for (const code of part.split(';')) style = styled(style, code);
        return '';
      }
      const { colour, bold, dim } = style;
      return part === ''
        ? ''
        : `<tspan fill="${colour}"${bold ? ' font-weight="700"' : ''}${dim ? ' opacity="0.65"' : ''}>${escaped(part)}</tspan>`;
    })
    .join('');
}

const [title = ''] = process.argv.slice(2);
const lines = readFileSync(0, 'utf8').replaceAll('\r', '').trimEnd().split('\n');
const width = Math.max(...lines.map((line) => stripVTControlCharacters(line).length), title.length) * CHAR + 2 * MARGIN;
const height = (lines.length + 2) * LINE + MARGIN;
const rows = lines.map((line, i) => `<text x="${MARGIN}" y="${MARGIN + (i + 2) * LINE}" xml:space="preserve">${spans(line)}</text>`);
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${height}" font-family="ui-monospace, 'DejaVu Sans Mono', monospace" font-size="14">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<text x="${MARGIN}" y="${MARGIN + 6}" fill="#8b949e">${escaped(title)}</text>
${rows.join('\n')}
</svg>
`);
