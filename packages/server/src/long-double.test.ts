import { describe, expect, it } from 'vitest';
import { addLongDoubles, INFINITE, longDoubleText, parseLongDouble } from './long-double.ts';

const number = (text: string) => {
  const parsed = parseLongDouble(text);
  if (parsed === undefined || parsed === INFINITE) throw new Error(`${text} is no number`);
  return parsed;
};

/** What redis-server 7.0.15 answers to INCRBYFLOAT on x86. */
const SUMS: readonly (readonly [a: string, b: string, sum: string])[] = [
  ['0.1', '0.2', '0.3'],
  ['3.0', '1.10000000000000000', '4.1'],
  ['10.50', '0.1', '10.6'],
  ['5.0e3', '2.0e2', '5200'],
  ['0x10', '1', '17'],
  ['-1', '1', '0'],
  ['-0.0', '0', '0'],
  ['9223372036854775807', '1', '9223372036854775808'],
  ['18446744073709551615', '1', '18446744073709551616'],
  ['36893488147419103233', '0', '36893488147419103232'],
  ['1e-18', '0', '0'],
  ['0.000000000000000006', '0', '0.00000000000000001'],
  ['1e22', '1', '10000000000000000000000'],
];

describe('a sum', () => {
  it.each(SUMS)('of %s and %s is %s', (a, b, expected) => {
    const sum = addLongDoubles(number(a), number(b));
    expect(sum && longDoubleText(sum)).toBe(expected);
  });

  it('is undefined when it is infinite', () => {
    const most = number('1e4932');
    expect(addLongDoubles(most, most)).toBeUndefined();
  });
});

describe('a text', () => {
  it.each(['', 'x', ' 1', '1 ', '1e', '.', 'e5', '0x', 'nan', '1e5000', '1e-5000', '--1', '1_0'])(
    '%j is no number',
    (text) => expect(parseLongDouble(text)).toBeUndefined(),
  );

  it.each(['inf', '-Infinity', '+INF'])('%j is an infinity', (text) =>
    expect(parseLongDouble(text)).toBe(INFINITE),
  );

  it('of any length has a bound of 5 KiB', () => {
    expect(parseLongDouble('0'.repeat(5119))).toEqual({ mantissa: 0n, exponent: 0 });
    expect(parseLongDouble('0'.repeat(5120))).toBeUndefined();
  });
});
