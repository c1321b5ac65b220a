import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { type JsonPath, withMember, withoutMember } from '../../src/probes/json-edit.ts';

const MTU = ['default-network-opts', 'bridge', 'com.docker.network.driver.mtu'] as const satisfies JsonPath;

describe('withMember', () => {
  it.each<[what: string, before: string, path: JsonPath, value: Json, after: string]>([
    ['makes a file', '', ['mtu'], 1400, '{\n  "mtu": 1400\n}\n'],
    ['makes a file from blanks', ' \n', ['mtu'], 1400, '{\n  "mtu": 1400\n}\n'],
    ['fills an empty object on its line', '{}', ['mtu'], 1400, '{"mtu": 1400}'],
    ['fills an empty object of two lines', '{\n}\n', ['mtu'], 1400, '{\n  "mtu": 1400\n}\n'],
    ['goes behind the last key, indented as it is', '{\n    "a": 1\n}\n', ['mtu'], 1400, '{\n    "a": 1,\n    "mtu": 1400\n}\n'],
    ['keeps tabs', '{\n\t"a": 1\n}', ['mtu'], 1400, '{\n\t"a": 1,\n\t"mtu": 1400\n}'],
    ['keeps one line', '{"a":1}', ['mtu'], 1400, '{"a":1,"mtu":1400}'],
    ['keeps CRLF', '{\r\n  "a": 1\r\n}\r\n', ['mtu'], 1400, '{\r\n  "a": 1,\r\n  "mtu": 1400\r\n}\r\n'],
    ['keeps a byte order mark', '\uFEFF{"a": 1}', ['mtu'], 1400, '\uFEFF{"a": 1,"mtu": 1400}'],
    ['swaps a value alone', '{ "mtu" :\t1500 , "b":[1,  2]}', ['mtu'], 1400, '{ "mtu" :\t1400 , "b":[1,  2]}'],
    ['swaps a value of the wrong type', '{"mtu": "1400"}', ['mtu'], 1400, '{"mtu": 1400}'],
    ['leaves what is right', '{"mtu": 14e2}', ['mtu'], 1400, '{"mtu": 14e2}'],
    ['makes the objects on the way', '{}', MTU, '1400', '{"default-network-opts": {"bridge":{"com.docker.network.driver.mtu":"1400"}}}'],
    [
      'indents the objects on the way',
      '{\n  "mtu": 1400\n}\n',
      MTU,
      '1400',
      '{\n  "mtu": 1400,\n  "default-network-opts": {\n    "bridge": {\n      "com.docker.network.driver.mtu": "1400"\n    }\n  }\n}\n',
    ],
    [
      'indents below an object that is there',
      '{\n    "default-network-opts": {\n        "overlay": {}\n    }\n}',
      MTU,
      '1400',
      '{\n    "default-network-opts": {\n        "overlay": {},\n        "bridge": {\n            "com.docker.network.driver.mtu": "1400"\n        }\n    }\n}',
    ],
  ])('%s', (_, before, path, value, after) => {
    expect(withMember(before, path, value)).toEqual({ ok: true, text: after });
  });

  it.each<[text: string, path: JsonPath, line: number, message: string]>([
    ['{\n  "live-restore": true,\n  "mtu": 1400,\n}', ['mtu'], 4, 'a key in double quotes is expected'],
    ['{"mtu": 1400', ['mtu'], 1, 'it ends too early'],
    ['{"mtu": 1400}\nx', ['mtu'], 2, 'text after the end'],
    ['{\n// no comments\n}', ['mtu'], 2, 'a key in double quotes is expected'],
    ["{'mtu': 1400}", ['mtu'], 1, 'a key in double quotes is expected'],
    ['{"mtu" 1400}', ['mtu'], 1, 'a colon is expected'],
    ['{"mtu": 01400}', ['mtu'], 1, 'a comma or } is expected'],
    ['{"a": [1 2]}', ['mtu'], 1, 'a comma or ] is expected'],
    ['{"a": tru}', ['mtu'], 1, 'a value is expected'],
    ['{"a": "\n"}', ['mtu'], 1, 'a string holds a sign that must be escaped'],
    ['{"a": "\\x"}', ['mtu'], 1, 'a string holds a sign that must be escaped'],
    ['{"a": "b', ['mtu'], 1, 'a string does not end'],
    ['{"mtu": 1,\n"mtu": 2}', ['mtu'], 2, 'the key "mtu" stands twice'],
    ['[1]', ['mtu'], 1, 'it is no object'],
    ['\n\n3', ['mtu'], 3, 'it is no object'],
    ['{\n "default-network-opts": {\n  "bridge": 7}}', MTU, 3, '"bridge" is no object'],
    [`${'['.repeat(5000)}`, ['mtu'], 1, 'nested deeper than 200'],
  ])('refuses %j', (text, path, line, message) => {
    expect(withMember(text, path, 1)).toEqual({ ok: false, line, message });
  });
});

describe('withoutMember', () => {
  it.each<[before: string, path: JsonPath, after: string]>([
    ['{"mtu": 1}', ['mtu'], '{}'],
    ['{ "a": 1, "mtu": 2, "b": 3 }', ['mtu'], '{ "a": 1, "b": 3 }'],
    ['{ "mtu": 2, "b": 3 }', ['mtu'], '{ "b": 3 }'],
    ['{\n  "a": 1,\n  "mtu": 2\n}\n', ['mtu'], '{\n  "a": 1\n}\n'],
    ['{"a": 1}', ['mtu'], '{"a": 1}'],
    ['', ['mtu'], ''],
    [
      '{"mtu":1400,"default-network-opts":{"bridge":{"com.docker.network.driver.mtu":"1400"},"overlay":{}}}',
      MTU,
      '{"mtu":1400,"default-network-opts":{"overlay":{}}}',
    ],
    ['{"default-network-opts":{"bridge":{"com.docker.network.driver.mtu":"1400"}}}', MTU, '{}'],
  ])('%j without %j', (before, path, after) => {
    expect(withoutMember(before, path)).toEqual({ ok: true, text: after });
  });
});
