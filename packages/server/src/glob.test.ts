import { expect, test } from 'vitest';
import { matchesGlob } from './glob.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each<[string, string, boolean]>([
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'anything', true],
  ['**', '', true],
  ['a*', 'abc', true],
  ['*c', 'abc', true],
  ['a*c', 'abdc', true],
  ['a*c', 'abd', false],
  ['a*b*c', 'aXbYbZc', true],
  ['?', 'a', true],
  ['?', '', false],
  ['??', 'a', false],
  ['h[ae]llo', 'hello', true],
  ['h[ae]llo', 'hillo', false],
  ['h[^e]llo', 'hallo', true],
  ['h[^e]llo', 'hello', false],
  ['h[a-c]llo', 'hbllo', true],
  ['h[c-a]llo', 'hbllo', true],
  ['h[a-c]llo', 'hdllo', false],
  ['[\\]]', ']', true],
  ['[]', 'a', false],
  ['[^]', 'a', true],
  ['[a', 'a', true],
  ['[a', '', false],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['a\\', 'a\\', true],
  ['A', 'a', false],
  ['user:*:name', 'user:17:name', true],
])('%j and %j: %s', (pattern, text, matches) => {
  expect(matchesGlob(bytes(pattern), bytes(text))).toBe(matches);
});

/** Counts how often the matcher looks at a byte. */
function steps(pattern: string, text: string): number {
  let count = 0;
  const counted = (array: Uint8Array): Uint8Array =>
    new Proxy(array, {
      get(target, name) {
        if (name === 'length') return target.length;
        count++;
        return Reflect.get(target, name, target);
      },
    });
  matchesGlob(counted(bytes(pattern)), counted(bytes(text)));
  return count;
}

test('10 KB of stars against 10 KB of letters takes steps in proportion', () => {
  expect(steps(`${'a*'.repeat(5_000)}b`, 'a'.repeat(10_000))).toBeLessThan(20 * 20_000);
});

test('no pattern takes more than pattern times text', () => {
  const patterns = [
    `*${'a'.repeat(200)}b`,
    `*${'?'.repeat(200)}b`,
    `*[${'b'.repeat(200)}]c`,
    `${'*a'.repeat(100)}b`,
  ];
  for (const pattern of patterns)
    expect(steps(pattern, 'a'.repeat(400))).toBeLessThan(6 * pattern.length * 400);
});
