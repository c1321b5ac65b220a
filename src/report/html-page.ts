import { createHash } from 'node:crypto';
import type { WaveStory } from '../core/story.ts';
import { hostsLabel } from './fold.ts';
import { type Html, html, joined } from './html.ts';
import { STYLE } from './page-style.ts';
import { groupsOf, type PageGroup, type RunPage } from './run-page.ts';
import { countOf, duration, STATUSES } from './summary.ts';

const ORDER = [...STATUSES.slice(0, 4), 'running', ...STATUSES.slice(4)] as const;

/** The page of a plan or a run: whole in itself, without a script, and readable without its style. */
export function htmlPage(page: RunPage): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const groups = groupsOf(page.hosts);
  const whole = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>${page.title}</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<header>
<h1>${page.title} <span class="state">${page.state}</span></h1>
${page.stopped === undefined ? '' : html`<p class="stopped">stopped: ${page.stopped}</p>`}
<p class="counts">${counts(page)}</p>
<dl>${joined(page.facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`))}</dl>
</header>
<main>
${page.waves.length === 0 ? '' : waves(page.waves)}
<h2>Hosts</h2>
${joined(groups.map((group) => hosts(group, groups.length === 1)))}
</main>
</body>
</html>
`;
  return whole.html;
}

function counts({ hosts: all }: RunPage): Html {
  const parts = ORDER.flatMap((status) => {
    const count = all.filter((host) => host.status === status).length;
    return count === 0 ? [] : [html`<span class="${cssClass(status)}">${String(count)} ${status}</span>`];
  });
  return html`${countOf(all.length, 'host')}: ${joined(parts.flatMap((part, i) => (i === 0 ? [part] : [html`, `, part])))}`;
}

function waves(all: readonly WaveStory[]): Html {
  const rows = all.map(({ name, hosts: names, beganAt, endedAt, bad, bakeMs, gate }) => {
    const took = endedAt === undefined ? '' : duration(endedAt - beganAt);
    const end = bad === undefined ? 'under way' : bad === 0 ? 'none bad' : `${bad} bad`;
    return html`<tr><td>${name}</td><td>${hostsLabel(names)}</td><td>${time(beganAt)}</td><td>${took}</td><td>${end}</td><td>${bakeMs === undefined ? '' : duration(bakeMs)}</td><td>${gate === undefined ? '' : gateCell(gate)}</td></tr>
`;
  });
  return html`<h2>Waves</h2>
<table>
<thead><tr><th>wave</th><th>hosts</th><th>began</th><th>took</th><th>ended</th><th>baked</th><th>gate</th></tr></thead>
<tbody>
${joined(rows)}</tbody>
</table>`;
}

function gateCell({ verdict, hosts: judged }: NonNullable<WaveStory['gate']>): Html {
  const items = judged.map(({ host, verdict: own, because }) => html`<li>${host}: ${own}: ${because}</li>`);
  return html`<span class="${cssClass(verdict)}">${verdict}</span>${items.length === 0 ? '' : html`<ul>${joined(items)}</ul>`}`;
}

function hosts({ names, status, lines, times }: PageGroup, isAlone: boolean): Html {
  const isLoud = isAlone || !['steady', 'not started'].includes(status);
  const when =
    times === undefined ? '' : html` <span class="quiet">${time(times.from)}${times.took === '' ? '' : `, ${times.took}`}</span>`;
  const all =
    names.length === 1 ? '' : html`<details class="names"><summary>${countOf(names.length, 'name')}</summary>${names.join(' ')}</details>`;
  return html`<details class="group"${{ html: isLoud ? ' open' : '' }}>
<summary><b>${hostsLabel(names)}</b>: <span class="${cssClass(status)}">${status}</span>${when}</summary>
${all}${joined(lines.map(lineHtml))}</details>
`;
}

function lineHtml({ kind, words }: PageGroup['lines'][number]): Html {
  const [first = '', second = '', third = '', fourth = ''] = words;
  switch (kind) {
    case 'step':
      return html`<h3><span class="${cssClass(first)}">${first}</span> ${second} ${third} <span class="quiet">${fourth}</span></h3>
`;
    case 'change': {
      const marks = [third, fourth].filter((mark) => mark !== '');
      return html`<p class="change ${cssClass(first)}"><b>${CHANGE_WORDS[first] ?? first}</b> <code>${second}</code>${joined(marks.map((mark) => html` <span class="mark">${mark}</span>`))}</p>
`;
    }
    case 'diff':
      return html`<pre class="${diffClass(first)}">${first}</pre>
`;
    case 'output':
      return html`<pre class="output">${first}</pre>
`;
    case 'error':
    case 'why':
    case 'hint':
    case 'reason':
      return html`<p class="${kind}">${kind === 'hint' ? '→ ' : ''}${first}</p>
`;
    default:
      return kind satisfies never;
  }
}

const CHANGE_WORDS: Readonly<Record<string, string>> = { due: 'would', done: 'done', failed: 'failed', open: 'begun, end not known' };

function diffClass(line: string): string {
  if (line.startsWith('@@')) return 'hunk';
  if (line.startsWith('+')) return 'added';
  return line.startsWith('-') ? 'removed' : 'same';
}

/** Statuses and verdicts are our own words. */
function cssClass(word: string): string {
  return word.replaceAll(/[^a-z]/g, '-');
}

/** In UTC, for the page goes to people in other places. */
function time(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${timeText(at)}</time>`;
}

/** The time as text. */
export function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
