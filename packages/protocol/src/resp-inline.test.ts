import { expect, test } from 'vitest';
import { readText } from '../test/resp.ts';

test.each<[string, string[]]>([
  ['PING', ['PING']],
  ['  get\t key  ', ['get', 'key']],
  ['get \v\f key', ['get', 'key']],
  ['get a\vb', ['get', 'a\vb']],
  ['set a "b c"', ['set', 'a', 'b c']],
  ["set a 'b c'", ['set', 'a', 'b c']],
  ['set a ""', ['set', 'a', '']],
  ["set a ''", ['set', 'a', '']],
  ['set a "\\x41\\xff\\x0a"', ['set', 'a', 'A\xff\n']],
  ['set a "\\n\\r\\t\\b\\a"', ['set', 'a', '\n\r\t\b\x07']],
  ['set a "\\"\\\\\\q"', ['set', 'a', '"\\q']],
  ['set a "\\x4"', ['set', 'a', 'x4']],
  ['set a "\\xzz"', ['set', 'a', 'xzz']],
  ["set a 'it\\'s'", ['set', 'a', "it's"]],
  ["set a '\\n\\x41'", ['set', 'a', '\\n\\x41']],
  ['set a b"c d"', ['set', 'a', 'bc d']],
  ["set a b'c d' e", ['set', 'a', 'bc d', 'e']],
  ['set a "\'"', ['set', 'a', "'"]],
  ['set a \\x41', ['set', 'a', '\\x41']],
  ['"ping"', ['ping']],
  ['set "a"\vb', ['set', 'a', 'b']],
])('%j is split into %j', (line, args) => {
  for (const end of ['\r\n', '\n']) {
    const { rows, error } = readText(`${line}${end}*1\r\n$4\r\nPING\r\n${line}${end}`);
    expect(error).toBeUndefined();
    expect(rows.map((row) => row.args)).toEqual([args, ['PING'], args]);
  }
});

test.each(['set a "b', 'set a "b\\"', "set a 'b", "set a 'b\\'", 'a "b"c', "a 'b'c", 'a "b\\'])(
  '%j has quotes that are not closed, or that something follows',
  (line) => {
    expect(readText(`${line}\r\n`).error).toBe('unbalanced quotes in request');
  },
);

test('words in quotes are a batch of their own', () => {
  const { rows, error } = readText('ping\r\necho "a b"\r\necho "c"\r\nping\r\n');
  expect(error).toBeUndefined();
  expect(rows.map(({ args }) => args)).toEqual([
    ['ping'],
    ['echo', 'a b'],
    ['echo', 'c'],
    ['ping'],
  ]);
});
