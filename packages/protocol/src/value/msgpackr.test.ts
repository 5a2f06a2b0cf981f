import fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { valueCodec } from './codec.ts';

describe('what msgpackr says', () => {
  const packr = new Packr({ useRecords: false });
  const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });
  const safeKey = fc.string({ maxLength: 12 }).filter((key) => key !== '__proto__');
  const plain = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.nat({ max: 2 ** 31 - 1 }),
      fc.double().filter((n) => !Object.is(n, -0)),
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value')),
      fc.dictionary(safeKey, tie('value')),
    ),
  })).value;

  test('it reads what we write', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(unpackr.unpack(valueCodec.encode(value))).toEqual(value);
      }),
      { numRuns: 1000 },
    );
  });

  test('we read what it writes', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(valueCodec.decode(packr.pack(value))).toEqual(value);
      }),
      { numRuns: 1000 },
    );
  });
});
