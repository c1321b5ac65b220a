import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unmet, type WantedNesting, withNesting, type XenConfig, xenConfig } from '../../src/probes/xen/guest.ts';
import { CPUID_FLAGS, readCpuid, withCpuid } from '../../src/probes/xen/xl-cpuid.ts';
import { settingOf, withoutXlSetting, withXlSetting } from '../../src/probes/xen/xl-edit.ts';
import { lineAt, scanXl, type XlItem, type XlSetting } from '../../src/probes/xen/xl-scan.ts';

const blanks = fc.constantFrom('', ' ', '\t', '  ');
const lines = fc.constantFrom('', ' ', '\n', ' # said "so\n\t');
const name = fc.constantFrom('memory', 'nestedhvm', 'hap', 'x_1', 'disk');
const atom = fc.constantFrom('0', '1', '0x1f', '""', "'a;b # c = ['", '"it\'s"', '"\\\\\\""', '"ä𝄞$&"');
const value = fc.oneof(
  { weight: 2, arbitrary: atom },
  {
    weight: 1,
    arbitrary: fc
      .tuple(lines, fc.array(fc.tuple(atom, lines), { maxLength: 3 }), fc.constantFrom('', ','))
      .map(([first, items, last]) => `[${first}${items.map((one) => one.join('')).join(`,${first}`)}${items.length === 0 ? '' : last}]`),
  },
);
const statement = fc.tuple(blanks, name, blanks, blanks, value, blanks).map(([a, key, b, c, said, d]) => `${a}${key}${b}=${c}${said}${d}`);
const end = fc.constantFrom('\n', ';', '# why\n', '\n\n', ';;\n', '; # both\n');

/** Files as people leave them: several settings on a line, comments anywhere, with an end of the last line or without. */
const text = fc
  .tuple(fc.constantFrom('', '\n', '# guest\n'), fc.array(fc.tuple(statement, end), { maxLength: 5 }), fc.option(statement, { nil: '' }))
  .map(([head, statements, last]) => `${head}${statements.flat().join('')}${last}`);
const plain = fc.constantFrom('1', '0', '"host"');

function settingsIn(config: string): readonly XlSetting[] {
  const scan = scanXl(config);
  if (!scan.ok) throw new Error(`${scan.line}: ${scan.message}: ${config}`);
  return scan.settings;
}

function bare(value: XlItem['value']): unknown {
  return typeof value === 'string' ? value : value.map((one) => bare(one.value));
}

function others(config: string, key: string): unknown {
  return settingsIn(config)
    .filter((setting) => setting.name !== key)
    .map((setting) => [setting.name, setting.isAdded, bare(setting.item.value)]);
}

describe('scanning a guest file of xl', () => {
  it('finds each setting where it stands', () => {
    fc.assert(
      fc.property(text, (config) => {
        for (const { name: key, start, item } of settingsIn(config)) {
          expect(config.startsWith(key, start)).toBe(true);
          const [again] = settingsIn(`a=${config.slice(item.start, item.end)}`);
          expect(again && bare(again.item.value)).toEqual(bare(item.value));
        }
      }),
    );
  });

  it('understands any text, or names a line of it', () => {
    const signs = fc.string({
      unit: fc.constantFrom('a', '=', '1', '"', "'", '\\', '[', ']', ',', ';', '#', '\n', ' ', '\r', '+', 'A', '('),
    });
    fc.assert(
      fc.property(fc.oneof(signs, fc.string({ unit: 'binary' }), text), (config) => {
        const scan = scanXl(config);
        if (scan.ok) return;
        expect(scan.line).toBeGreaterThanOrEqual(1);
        expect(scan.line).toBeLessThanOrEqual(lineAt(config, config.length));
        expect(scan.message).toMatch(/^\S/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('setting a key', () => {
  it('twice is setting it once, and it holds', () => {
    fc.assert(
      fc.property(text, name, plain, (config, key, said) => {
        const once = withXlSetting(config, key, said);
        expect(withXlSetting(once, key, said)).toBe(once);
        const held = settingOf(settingsIn(once), key);
        expect(once.slice(held?.item.start, held?.item.end)).toBe(said);
      }),
    );
  });

  it('leaves the bytes before and behind its value', () => {
    fc.assert(
      fc.property(text, name, plain, (config, key, said) => {
        const old = settingOf(settingsIn(config), key)?.item;
        const edited = withXlSetting(config, key, said);
        if (old === undefined) expect(edited.startsWith(config)).toBe(true);
        else expect(edited).toBe(config.slice(0, old.start) + said + config.slice(old.end));
      }),
    );
  });

  it('and taking it out again gives the same bytes', () => {
    fc.assert(
      fc.property(text, name, plain, (config, key, said) => {
        fc.pre(settingOf(settingsIn(config), key) === undefined);
        expect(withoutXlSetting(withXlSetting(config, key, said), key)).toBe(config);
      }),
    );
  });

  it('taken out leaves every other setting', () => {
    fc.assert(
      fc.property(text, name, (config, key) => {
        const left = withoutXlSetting(config, key);
        expect(settingOf(settingsIn(left), key)).toBeUndefined();
        expect(others(left, key)).toEqual(others(config, key));
      }),
    );
  });
});

const flag = fc.constantFrom(...CPUID_FLAGS);
const flagValue = fc.constantFrom(0 as const, 1 as const, 'k' as const);
const register = fc.string({ unit: fc.constantFrom('0', '1', 'x', 'k'), minLength: 32, maxLength: 32 });
const leaf = fc
  .tuple(fc.constantFrom('0x1', '1', '0x80000001', '0x1,0', '7,0'), fc.constantFrom('ecx', 'edx'), register)
  .map(([number, at, bits]) => `'${number}:${at}=${bits}'`);
const words = fc.array(fc.constantFrom('vmx=1', 'svm=0', 'hypervisor=x', 'family=6', 'tm=k'), { maxLength: 4 });
const cpuid = fc.oneof(
  fc.constant(''),
  words.map((some) => `cpuid = "${['host', ...some].join(',')}"\n`),
  fc.array(leaf, { maxLength: 3 }).map((some) => `cpuid = [ ${some.join(',\n  ')} ]\n`),
);

function flagsIn(config: string) {
  const reading = readCpuid(config, settingOf(settingsIn(config), 'cpuid'));
  if (!reading.ok) throw new Error(reading.message);
  return reading.flags;
}

describe('setting a flag of cpuid', () => {
  it('holds in the syntax that is there, twice as once, and changes no other flag', () => {
    fc.assert(
      fc.property(cpuid, flag, fc.oneof(flagValue, fc.constant('x' as const)), (config, one, wanted) => {
        const edited = withCpuid(config, one, wanted);
        expect(flagsIn(edited)).toEqual({ ...flagsIn(config), [one]: String(wanted) });
        expect(withCpuid(edited, one, wanted)).toBe(edited);
        if (config.includes('cpuid = [')) expect(edited).not.toContain('host');
      }),
    );
  });

  it('and taking it out again gives the same bytes', () => {
    fc.assert(
      fc.property(cpuid, flag, flagValue, (config, one, wanted) => {
        // What says nothing of any flag goes with the last one.
        fc.pre(!config.includes(`${one}=`) && config !== 'cpuid = "host"\n' && !/=x{32}|\[ {2}\]/.test(config));
        fc.pre(flagsIn(config)[one] === 'x');
        expect(withCpuid(withCpuid(config, one, wanted), one, 'x')).toBe(config);
      }),
    );
  });
});

describe('nesting', () => {
  const wish = fc.record({
    nested: fc.boolean(),
    hap: fc.option(fc.boolean(), { nil: undefined }),
    cpuid: fc.record({ hypervisor: flagValue, svm: flagValue }, { requiredKeys: [] }),
  });
  const head = 'name = "web01"\ntype = "hvm"\n';

  function understood(config: string): XenConfig | undefined {
    const found = xenConfig('/etc/xen/web01.cfg', config);
    return 'status' in found ? undefined : found;
  }

  it('is as wanted after one edit, and a second one has nothing to do', () => {
    fc.assert(
      fc.property(text, cpuid, wish, (config, flags, wanted: WantedNesting) => {
        const guest = understood(`${head}${config}\n${flags}`);
        fc.pre(guest !== undefined);
        const edited = withNesting(guest, wanted);
        const after = understood(edited);
        expect(after && unmet(after, wanted)).toEqual([]);
        expect(after && withNesting(after, wanted)).toBe(edited);
      }),
    );
  });

  it('that is there and goes gives the same bytes', () => {
    fc.assert(
      fc.property(text, (config) => {
        const guest = understood(head + config);
        fc.pre(guest !== undefined && settingOf(settingsIn(config), 'nestedhvm') === undefined);
        const nests = understood(withNesting(guest, { nested: true, hap: undefined, cpuid: {} }));
        expect(nests && withNesting(nests, { nested: false, hap: undefined, cpuid: {} })).toBe(head + config);
      }),
    );
  });
});
