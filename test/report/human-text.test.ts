import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { run, settle, write } from '../../src/core/change.ts';
import { DroverError } from '../../src/core/errors.ts';
import type { HostOutcome } from '../../src/core/outcome.ts';
import { errorLines } from '../../src/report/error-text.ts';
import { failedOutput } from '../../src/report/failed-output.ts';
import { type FleetReport, fleetLines } from '../../src/report/fleet-text.ts';
import { hostLines } from '../../src/report/host-text.ts';
import { newProgress, note } from '../../src/report/live-progress.ts';
import { frameLines } from '../../src/report/live-view.ts';
import { mistakeLines } from '../../src/report/mistakes-text.ts';
import { progressLines } from '../../src/report/progress-text.ts';
import { everyEnd, everyEvent, outcomeOf, plain } from '../support/report-samples.ts';

const conf = write(
  '/etc/modprobe.d/kvm.conf',
  undefined,
  { content: 'options kvm_intel nested=1\n', mode: 0o644, owner: 'root', group: 'root' },
  'so that it outlasts a reboot',
);
const unload = run(['modprobe', '-r', 'kvm_intel'], { undo: 'impossible', because: 'kvm_intel has nested=N', touches: [] });
const restart = settle({ what: 'restart', unit: 'docker.service' }, { because: 'the mtu is read at its start', touches: [] });

function report(hosts: readonly HostOutcome[], more: Partial<FleetReport> = {}): FleetReport {
  return { hosts, waves: [], interrupted: false, durationMs: 12_300, outputs: new Map(), addresses: new Map(), ...more };
}

describe('hostLines', () => {
  it('shows a drift with its changes, reasons and what cannot be taken back; the quiet steps only counted', () => {
    const outcome = outcomeOf('kvm01', 'drift', { status: 'drift', changes: [conf, unload] }, { status: 'steady', because: 'it is' });
    expect(hostLines(outcome, {}, plain)).toEqual([
      'drift       1 Step 1 (made.up)',
      '              create /etc/modprobe.d/kvm.conf (+1 line, mode 0644, owner root:root): so that it outlasts a reboot',
      '              run modprobe -r kvm_intel: kvm_intel has nested=N',
      '                cannot be taken back',
      'steady      1 step',
    ]);
  });

  it('shows the difference of a write with -D, and why a step is steady with -v', () => {
    const edited = { ...conf, before: { content: 'a\nb\n', mode: 0o600, owner: 'root', group: 'root' } };
    const after = { content: 'a\nc\n', mode: 0o644, owner: 'root', group: 'root' };
    const outcome = outcomeOf(
      'kvm01',
      'drift',
      { status: 'drift', changes: [{ ...edited, after }] },
      { status: 'steady', because: 'nested=Y' },
    );
    expect(hostLines(outcome, {}, { ...plain, diff: true, verbose: 1 })).toEqual([
      'drift       1 Step 1 (made.up)',
      '              edit /etc/modprobe.d/kvm.conf (+1 -1 lines, mode 0600 → 0644): so that it outlasts a reboot',
      '                @@ -1,2 +1,2 @@',
      '                 a',
      '                -b',
      '                +c',
      'steady      2 Step 2 (made.up)',
      '              nested=Y',
    ]);
  });

  it('shows a settling of many steps once, with every reason', () => {
    const ends = [
      { status: 'drift', changes: [conf, restart] },
      { status: 'drift', changes: [{ ...restart, because: 'the bridge is made at its start' }] },
    ] as const;
    expect(hostLines(outcomeOf('kvm01', 'drift', ...ends), {}, plain).slice(-4)).toEqual([
      'then, once:',
      '  restart docker.service',
      '    for step 1: the mtu is read at its start',
      '    for step 2: the bridge is made at its start',
    ]);
  });

  it('shows blocked with its hint and unknown with the step it waits for', () => {
    const ends = [
      { status: 'blocked', because: '2 guests run', hint: 'Migrate them.' },
      { status: 'unknown', after: 1, because: 'reads file /etc/x' },
    ] as const;
    expect(hostLines(outcomeOf('kvm01', 'blocked', ...ends), {}, plain)).toEqual([
      'blocked     1 Step 1 (made.up)',
      '              2 guests run',
      '              → Migrate them.',
      'unknown     2 Step 2 (made.up), after step 1',
      '              reads file /etc/x',
    ]);
  });

  it('shows a failure with what stands and the last lines of the output', () => {
    const error = new DroverError('CHANGE_FAILED', 'modprobe ended with 1');
    const outcome = outcomeOf('kvm01', 'failed', { status: 'failed', error, made: [unload], takenBack: 'stands' });
    const output = Array.from({ length: 25 }, (_, at) => `line ${at}\n`).join('');
    const told = failedOutput(output, (all) => `/runs/1/output/kvm01/step-${all.length}`);
    const lines = hostLines({ ...outcome, error }, { output: told }, plain);
    expect(lines.slice(0, 8)).toEqual([
      'failed      1 Step 1 (made.up)',
      '              modprobe ended with 1 [CHANGE_FAILED]',
      '              → The output of the command is below.',
      '              what was made of this step stands:',
      '                run modprobe -r kvm_intel: kvm_intel has nested=N',
      '                  cannot be taken back',
      'output:',
      '  | … 5 lines before: all of it is in /runs/1/output/kvm01/step-25',
    ]);
    expect(lines.at(-1)).toBe('  | line 24');
  });

  it('shows the error of a host that was not reached', () => {
    const outcome = {
      ...outcomeOf('kvm01', 'unreachable'),
      error: new DroverError('HOST_UNREACHABLE', 'no route', { where: { host: 'kvm01' } }),
    };
    expect(hostLines(outcome, {}, plain)).toEqual(['no route [HOST_UNREACHABLE]', '→ Check the address, the port and the network.']);
  });
});

describe('fleetLines', () => {
  it('takes 1,000 hosts into fewer than 60 lines, outliers first, with all sums', () => {
    const names = Array.from({ length: 1000 }, (_, at) => `kvm${String(at).padStart(3, '0')}`);
    const hosts = names.map((name, at) => {
      if (at === 7) return { ...outcomeOf(name, 'unreachable'), error: new DroverError('HOST_UNREACHABLE', `10.0.0.${at}: no route`) };
      if (at === 9) return outcomeOf(name, 'blocked', { status: 'blocked', because: 'no VT-x', hint: 'Turn it on.' });
      return at < 40
        ? outcomeOf(name, 'drift', { status: 'drift', changes: [conf] })
        : outcomeOf(name, 'steady', { status: 'steady', because: 'it is' });
    });
    const lines = fleetLines(report(hosts, { waves: ['wave canary: 2 hosts, stops at 1 bad'] }), plain);
    expect(lines.length).toBeLessThan(60);
    expect(lines.filter((line) => line.startsWith('kvm'))).toEqual([
      'kvm007: unreachable',
      'kvm009: blocked',
      'kvm[000-006,008,010-039] (38 hosts): drift',
      'kvm[040-999] (960 hosts): steady',
    ]);
    expect(lines.slice(-2)).toEqual([
      'wave canary: 2 hosts, stops at 1 bad',
      '1000 hosts: 1 unreachable, 1 blocked, 38 drift, 960 steady; 12 s',
    ]);
  });

  it('says why a run stopped, and that it was interrupted', () => {
    const lines = fleetLines(report([outcomeOf('a', 'not started')], { stopped: 'wave canary: 1 bad', interrupted: true }), plain);
    expect(lines.slice(-3)).toEqual(['stopped: wave canary: 1 bad', 'interrupted', '1 host: 1 not started; 12 s']);
  });
});

describe('progressLines', () => {
  it('tells of bad hosts at once, of good ones only with -v', () => {
    const ended = (outcome: HostOutcome) => ({ type: 'host ended', host: outcome.host, outcome, at: 1 }) as const;
    const bad = outcomeOf('kvm01', 'blocked', { status: 'blocked', because: 'no VT-x', hint: 'Turn it on.' });
    const good = outcomeOf('kvm02', 'changed');
    expect(progressLines(ended(bad), plain)).toEqual(['kvm01: blocked: step 1 Step 1: no VT-x (1.2 s)']);
    expect(progressLines(ended(good), plain)).toEqual([]);
    expect(progressLines(ended(good), { ...plain, verbose: 1 })).toEqual(['kvm02: changed (1.2 s)']);
  });
});

describe('frameLines', () => {
  it('shows sums and the running hosts, those that take longest first, no wider than the terminal', () => {
    const progress = newProgress('run Nested KVM', 5, 0);
    note(progress, { type: 'wave started', wave: 'canary', hosts: ['a', 'b', 'c'], at: 0 });
    for (const host of ['a', 'b', 'c']) note(progress, { type: 'host started', host, at: host === 'b' ? 1000 : 9000 });
    note(progress, { type: 'change started', host: 'b', step: 2, change: unload, at: 2000 });
    note(progress, { type: 'host ended', host: 'c', outcome: outcomeOf('c', 'failed'), at: 9500 });
    expect(frameLines(progress, { columns: 44, rows: 24, now: 194_000 }, plain.paint)).toEqual([
      'run Nested KVM · wa… · 1 of 5 hosts · 1 failed · 3m14s',
      'waiting for:',
      '  b  3m12s  step 2: run modprobe -r kvm_int…',
      '  a  3m05s  connecting, looking',
    ]);
  });

  it('counts the hosts that there is no room for', () => {
    const progress = newProgress('run', 30, 0);
    for (let at = 0; at < 30; at++) note(progress, { type: 'host started', host: `h${at}`, at });
    const lines = frameLines(progress, { columns: 80, rows: 8, now: 0 }, plain.paint);
    expect(lines).toHaveLength(7);
    expect(lines.at(-1)).toBe('  … and 26 hosts more');
  });
});

describe('mistakeLines', () => {
  it('names the place, shows the line with a caret, the hint, and how many', () => {
    const excerpt = 'sate: present\n^^^^';
    expect(mistakeLines([{ source: 'p.yaml:8:7', message: 'unknown key `sate`', hint: 'Did you mean `state`?', excerpt }], plain)).toEqual([
      'p.yaml:8:7: error: unknown key `sate`',
      '    sate: present',
      '    ^^^^',
      '  → Did you mean `state`?',
      '1 mistake; nothing was sent to any host',
    ]);
  });
});

describe('errorLines', () => {
  it('names what is known of the place but what was said before', () => {
    const error = new DroverError('LOOK_TIMEOUT', 'ended after 60 s', { where: { host: 'kvm01', step: 'Mend' } });
    expect(errorLines(error, { host: 'kvm01' }, plain)[0]).toBe('Mend: ended after 60 s [LOOK_TIMEOUT]');
  });
});

describe('hostile hosts', () => {
  it('cannot make any text obey them', () => {
    const hostile = fc.string({ unit: 'binary', minLength: 1 }).map((text) => `\x1b[2J${text}\u202e`);
    fc.assert(
      fc.property(hostile, (text) => {
        const style = { ...plain, verbose: 2, diff: true };
        const outcome = { ...outcomeOf(text, 'failed', ...everyEnd(text)), error: new DroverError('AUTH_FAILED', text, { hint: text }) };
        const progress = newProgress(text, 1, 0);
        for (const event of everyEvent(text).slice(0, 6)) note(progress, event);
        const lines = [
          ...fleetLines(
            report([outcome], { waves: [text], stopped: text, outputs: new Map([[text, failedOutput(text, () => text)]]) }),
            style,
          ),
          ...everyEvent(text).flatMap((event) => progressLines(event, style)),
          ...frameLines(progress, { columns: 60, rows: 10, now: 0 }, style.paint),
          ...mistakeLines([{ source: text, message: text, hint: text, excerpt: text }], style),
        ];
        expect(lines.filter((line) => /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u.test(line.replaceAll('\t', '')))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
