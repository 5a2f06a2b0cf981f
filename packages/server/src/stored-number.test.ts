import { Encoding, ValueCodec } from '@kv/protocol';
import { expect, test } from 'vitest';
import type { Keyspace } from './ports.ts';
import { integerValue, NOT_TEXT, numberText, storedInteger, storedText } from './stored-number.ts';

const codec = new ValueCodec();
const holding = (encoding: number, value: unknown): Keyspace => {
  const bytes = encoding === Encoding.VALUE ? codec.encode(value) : Buffer.from(value as string);
  const keyspace = {
    encodingOf: () => encoding,
    valueView: () => bytes,
    valueLength: () => bytes.length,
    copyValue: (_: number, target: Uint8Array) => target.set(bytes),
  };
  return keyspace as unknown as Keyspace;
};

test('an integer is written as a client writes a number of that size', () => {
  const edges = [
    0,
    31,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53 - 1,
  ];
  for (const n of edges)
    for (const value of [n, 0 - n]) expect(integerValue(value)).toEqual(codec.encode(value));
  for (const value of [2n ** 63n - 1n, -(2n ** 63n)])
    expect(integerValue(value)).toEqual(codec.encode(value));
});

test.each<[number, unknown, number | bigint | undefined | typeof NOT_TEXT]>([
  [Encoding.TEXT, '10', 10],
  [Encoding.RAW, '-9223372036854775808', -(2n ** 63n)],
  [Encoding.BYTES, '1.5', undefined],
  [Encoding.TEXT, '', undefined],
  [Encoding.VALUE, 10, 10],
  [Encoding.VALUE, 2 ** 40, 2 ** 40],
  [Encoding.VALUE, 5n, 5],
  [Encoding.VALUE, 1.5, undefined],
  [Encoding.VALUE, 2n ** 64n - 1n, undefined],
  [Encoding.VALUE, null, NOT_TEXT],
  [Encoding.VALUE, true, NOT_TEXT],
  [Encoding.VALUE, [1], NOT_TEXT],
  [Encoding.VALUE, new Date(0), NOT_TEXT],
])('encoding %i of %o holds the integer %s', (encoding, value, integer) => {
  expect(storedInteger(holding(encoding, value), 1)).toBe(integer);
});

test('a number as text is what JavaScript prints', () => {
  for (const n of [0, -1, 1.5, 1e21, Number.NaN, 2 ** 53, 18446744073709551615n, -1n])
    expect(Buffer.from(numberText(codec.encode(n)) as Uint8Array).toString()).toBe(String(n));
  expect(storedText(holding(Encoding.VALUE, { a: 1 }), 1)).toBe(NOT_TEXT);
  expect(storedText(holding(Encoding.TEXT, 'x'), 1)).toEqual(Buffer.from('x'));
});
