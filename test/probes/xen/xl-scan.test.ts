import { describe, expect, it } from 'vitest';
import { scanXl } from '../../../src/probes/xen/xl-scan.ts';

/** As `xl create -n` of Xen 4.17 takes and refuses such texts, with the same line; lists that end early were not given to it. */
describe('what xl takes, and what it refuses', () => {
  it.each([
    ['', 0],
    ['name="w"\ntype="hvm"\nnestedhvm=1;nestedhvm=0', 4],
    ["disk=['phy:/dev/none,xvda,w',]\n", 1],
    ['nestedhvm+=1\n', 1],
    ["nestedhvm='yes'\n", 1],
  ])('takes %j', (text, count) => {
    const scan = scanXl(text);
    expect(scan.ok && scan.settings.length).toBe(count);
  });

  it.each([
    ['name="w"\n# open comment', 2, 'a comment must end with its line'],
    ['name="w"\nnestedhvm=1\r\n', 2, 'xl takes no carriage return'],
    ['name="w"\nnestedhvm=yes\n', 2, 'a number, a quoted string or a list is expected'],
    ['NestedHvm=1\n', 1, 'a name in lower case is expected'],
    ["x='a\\x41b'\n", 1, '\\x in a string is not understood'],
    ['import os\n', 1, '= is expected after import'],
    ['disk=[ "a"\n  "b" ]\n', 2, ', or ] is expected'],
    ['disk=["a",', 1, 'it ends too early'],
  ])('refuses %j', (text, line, message) => {
    expect(scanXl(text)).toEqual({ ok: false, line, message });
  });

  it('bounds how deep lists go', () => {
    expect(scanXl(`a=${'['.repeat(60)}`)).toMatchObject({ ok: false, message: 'lists are nested deeper than 50' });
  });
});
