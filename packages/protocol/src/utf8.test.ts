import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isUtf8 } from './utf8.ts';

const fatal = new TextDecoder('utf-8', { fatal: true });
const oracle = (bytes: Uint8Array): boolean => {
  try {
    fatal.decode(bytes);
    return true;
  } catch {
    return false;
  }
};
/** With bytes around the range that would change the answer if they were looked at. */
const check = (bytes: Uint8Array): boolean => {
  const around = Uint8Array.of(0xf0, ...bytes, 0x80, 0x80, 0x80);
  return isUtf8(new DataView(around.buffer), 1, bytes.length);
};

test('agrees with TextDecoder about any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => check(bytes) === oracle(bytes)),
    { numRuns: 5000 },
  );
});

test('agrees with TextDecoder about text with one byte changed, cut or put in', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: 2 }),
      (text, at, byte, how) => {
        const bytes = [...Buffer.from(text)];
        const place = bytes.length === 0 ? 0 : at % bytes.length;
        if (how === 0) bytes[place] = byte;
        else if (how === 1) bytes.splice(place, 1);
        else bytes.splice(place, 0, byte);
        const changed = Uint8Array.from(bytes);
        return check(changed) === oracle(changed);
      },
    ),
    { numRuns: 5000 },
  );
});

test('agrees with TextDecoder about every sequence of two bytes', () => {
  for (let a = 0; a < 256; a++)
    for (let b = 0; b < 256; b++) {
      const bytes = Uint8Array.of(a, b);
      expect(check(bytes) === oracle(bytes)).toBe(true);
    }
});
