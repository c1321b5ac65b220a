import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlPage } from '../../src/report/html-page.ts';
import type { PageHost, RunPage } from '../../src/report/run-page.ts';

const change = (text: string) => ({
  what: text,
  because: text,
  end: 'done' as const,
  isReboot: true,
  isForGood: true,
  diff: [`+${text}`],
  output: text,
});
const step = (text: string) => ({
  number: 1,
  name: text,
  task: text,
  status: 'failed',
  because: text,
  hint: text,
  takenBack: 'stands',
  changes: [change(text)],
});

/** A page with one text in every place that a host or an operator can fill. */
function everywhere(text: string): RunPage {
  return {
    title: text,
    state: text,
    stopped: text,
    facts: [[text, text]],
    waves: [
      {
        name: text,
        hosts: [text],
        beganAt: 0,
        endedAt: 1,
        bad: 1,
        bakeMs: 5,
        gate: { verdict: 'fail', hosts: [{ host: text, verdict: 'fail', because: text }] },
      },
    ],
    hosts: [{ name: text, address: text, status: 'failed', because: 'lost', beganAt: 0, endedAt: 1, steps: [step(text)] }],
  };
}

function pageOf(hosts: readonly PageHost[], more: Partial<RunPage> = {}): string {
  return htmlPage({ title: 'run it', state: 'exit 0', facts: [], waves: [], hosts, ...more });
}

/** The page as it is read without its style: text alone. */
function read(page: string): string {
  return page
    .replace(/<head>[\s\S]*<\/head>/, '')
    .replaceAll(/<\/(p|h\d|pre|tr|dd|summary)>/g, '\n')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[ \t]+/g, ' ');
}

const tags = (page: string) => page.match(/<[^>]*>/g);

describe('a page', () => {
  it('is whole in itself: no script, nothing to load, and one style, which its own policy names', () => {
    const page = htmlPage(everywhere('x'));
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'"`);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bhref=|url\(|@import|\sstyle=|\son\w+=|javascript:/i);
  });

  it('holds what hosts and operators write as text, whatever it is', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom(
        '</pre><script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        "'onclick='x",
        '<!--',
        ']]>',
        '&lt;',
        '\u202e',
        '\0',
      ),
    );
    const shape = tags(htmlPage(everywhere('x')));
    fc.assert(
      fc.property(hostile, (text) => {
        fc.pre(text.trim() !== '' && !text.includes('\n'));
        expect(tags(htmlPage(everywhere(text)))).toEqual(shape);
      }),
    );
    const page = htmlPage(everywhere('a\u202eb\x1b[31m'));
    expect(['\u202e', '\x1b'].filter((sign) => page.includes(sign))).toEqual([]);
  });

  it('folds hosts of which the same is to be told, whenever it was, the bad ones first, with every name in it', () => {
    const steady = (name: string, at: number): PageHost => ({
      name,
      address: `192.0.2.${at}`,
      status: 'steady',
      beganAt: at,
      endedAt: at + at,
      steps: [
        { number: 1, name: 'Hello', task: 'file.content', status: 'steady', because: `${name} says so at 192.0.2.${at}`, changes: [] },
      ],
    });
    const failed: PageHost = { name: 'web9', status: 'failed', steps: [step('broken')] };
    const running: PageHost = { name: 'web8', status: 'running', beganAt: 1, steps: [] };
    const text = read(pageOf([steady('web1', 1000), steady('web2', 2000), running, failed]));
    expect(text.indexOf('web9 : failed')).toBeLessThan(text.indexOf('web8 : running'));
    expect(text.indexOf('web8 : running')).toBeLessThan(text.indexOf('web[1-2] (2 hosts) : steady'));
    expect(text).toContain('1970-01-01 00:00:01 UTC , 1.0 s to 2.0 s');
    expect(text).toContain('&lt;host&gt; says so at &lt;host&gt;');
    expect(text).toContain('web1 web2');
    expect(text).toContain('4 hosts: 1 failed , 1 running , 2 steady');
  });

  it('tells what was changed, how it ended, and what cannot be taken back', () => {
    const text = read(
      pageOf([
        { name: 'a', status: 'failed', because: 'lost', steps: [{ ...step('x'), changes: [{ ...change('edit /etc/x'), end: 'open' }] }] },
      ]),
    );
    expect(text).toContain('begun, end not known edit /etc/x reboot cannot be taken back');
    expect(text).toContain('lost');
    expect(text).toContain('+edit /etc/x');
  });

  it('tells once why steps were not reached', () => {
    const missed = (number: number) => ({ number, name: 's', task: 't', status: 'not reached', because: 'refused', changes: [] });
    expect(
      read(pageOf([{ name: 'a', status: 'unreachable', because: 'refused', steps: [missed(1), missed(2)] }])).match(/refused/g),
    ).toHaveLength(1);
  });

  it('shows waves with their batches, what went wrong in them, and what their gates said', () => {
    const wave = { hosts: ['a', 'b'], beganAt: 0, endedAt: 61_000, bad: 0, bakeMs: 300_000 };
    const judged = { verdict: 'inconclusive' as const, hosts: [{ host: 'a', verdict: 'inconclusive' as const, because: 'not read' }] };
    const text = read(
      pageOf([], {
        waves: [
          { ...wave, name: 'canary', gate: judged },
          { name: 'rest', hosts: ['c'], beganAt: 1 },
        ],
        stopped: 'its gate',
      }),
    );
    expect(text).toContain('stopped: its gate');
    expect(text).toMatch(/canary .*1970-01-01 00:00:00 UTC .*1m01s .*none bad .*5m00s .*inconclusive .*a: inconclusive: not read/);
    expect(text).toMatch(/rest .*under way/);
  });
});
