import fc from 'fast-check';
import { expect, test } from 'vitest';
import { integerElement, integerOf, parseDecimal, writeDecimal } from './integer.ts';
import { ValueCodec } from './value/codec.ts';

const decimal = (text: string): number | bigint | undefined => {
  const bytes = Buffer.from(`9${text}9`);
  return parseDecimal(bytes, 1, bytes.length - 2);
};

test('any integer in decimal text is what BigInt reads, within 64 bits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }), (n) => {
      const fits = n >= -(2n ** 63n) && n < 2n ** 63n;
      const safe = Number.isSafeInteger(Number(n));
      expect(decimal(String(n))).toBe(fits ? (safe ? Number(n) : n) : undefined);
    }),
    { numRuns: 2000 },
  );
});

test.each<[string, number | bigint]>([
  ['0', 0],
  ['-1', -1],
  ['999999999999999', 999_999_999_999_999],
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740992', 9_007_199_254_740_992n],
  ['9223372036854775807', 2n ** 63n - 1n],
  ['-9223372036854775808', -(2n ** 63n)],
])('%s is an integer', (text, value) => expect(decimal(text)).toBe(value));

test.each([
  '',
  '-',
  '+1',
  '-0',
  '00',
  '01',
  '-01',
  ' 1',
  '1 ',
  '1.0',
  '1e3',
  '0x10',
  'a',
  '9223372036854775808',
  '-9223372036854775809',
  '18446744073709551616',
  '1'.repeat(21),
  '٣',
  '１',
])('%j is not, as in Redis', (text) => expect(decimal(text)).toBeUndefined());

test('a MessagePack number is an integer when it is whole', () => {
  const codec = new ValueCodec();
  const read = (value: unknown): number | bigint | undefined => {
    const bytes = codec.encode(value);
    return integerElement(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
  };
  fc.assert(fc.property(fc.oneof(fc.integer(), fc.maxSafeInteger()), (n) => read(n) === n));
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      (n) => read(n) === integerOf(n),
    ),
  );
  expect(Object.is(read(-0), 0)).toBe(true);
  for (const value of [
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    2n ** 63n,
    null,
    'x',
    true,
  ])
    expect(read(value)).toBeUndefined();
  expect(integerElement(new DataView(Uint8Array.of(0xca, 0x40, 0, 0, 0).buffer), 0)).toBe(2);
});

test('every safe integer is written as its digits, and nothing behind them', () => {
  const powers = Array.from({ length: 53 }, (_, bit) => 2 ** bit);
  const tens = Array.from({ length: 16 }, (_, digits) => 10 ** digits);
  const around = [...powers, ...tens].flatMap((n) => [n - 1, n, Math.min(n + 1, 2 ** 53 - 1)]);
  for (const value of [...around, ...around.map((n) => 0 - n)]) {
    const bytes = new Uint8Array(20).fill(0x20);
    const end = writeDecimal(bytes, 1, value);
    expect(Buffer.from(bytes).toString()).toBe(` ${value}`.padEnd(20));
    expect(end).toBe(`${value}`.length + 1);
  }
});
