import { expect, test } from 'vitest';
import { bitAt, countBits, findBit, setBitAt, unsignedAt, writeBits } from './bits.ts';

const bytes = Uint8Array.of(0b0000_0000, 0b1111_1111, 0b0110_0001);
const all = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');

test('bits are counted from the highest of the first byte on', () => {
  for (let i = 0; i < 24; i++) expect(bitAt(bytes, i)).toBe(Number(all[i]));
  expect(bitAt(bytes, 24)).toBe(0);
});

test('counting and finding agree with the digits, whatever the range', () => {
  for (let from = 0; from <= 24; from++)
    for (let to = from; to <= 24; to++) {
      const digits = all.slice(from, to);
      expect(countBits(bytes, from, to)).toBe(digits.replaceAll('0', '').length);
      for (const bit of [0, 1]) {
        const at = digits.indexOf(String(bit));
        expect(findBit(bytes, bit, from, to)).toBe(at < 0 ? -1 : from + at);
      }
    }
});

test('what is written is read back, and nothing beside it changes', () => {
  for (let width = 1; width <= 64; width++) {
    const target = new Uint8Array(12).fill(0xaa);
    const value = BigInt.asUintN(width, 0x9e3779b97f4a7c15n);
    writeBits(target, 13, width, value);
    expect(unsignedAt(target, 13, width)).toBe(value);
    for (let i = 0; i < 96; i++)
      if (i < 13 || i >= 13 + width) expect(bitAt(target, i)).toBe((i + 1) % 2);
  }
  const target = Uint8Array.of(0xff);
  setBitAt(target, 7, 0);
  expect(target[0]).toBe(0xfe);
});
