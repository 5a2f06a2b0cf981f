import { expect, test } from 'vitest';
import { SpareArrays } from './spare-arrays.ts';

test('what was given is had again, once, the last of those that are long enough', () => {
  const spares = new SpareArrays();
  const [long, longToo, short] = [new Uint8Array(100), new Uint8Array(100), new Uint8Array(10)];
  for (const array of [long, longToo, short]) spares.give(array);
  expect(spares.take(50)).toBe(longToo);
  expect(spares.take(101)).toBeUndefined();
  expect(spares.take(5)).toBe(short);
  expect(spares.take(5)).toBe(long);
  expect(spares.take(0)).toBeUndefined();
});

test('neither a giant is kept nor more than a few megabytes in all', () => {
  const spares = new SpareArrays();
  spares.give(new Uint8Array(1024 * 1024));
  expect(spares.take(1)).toBeUndefined();
  for (let i = 0; i < 100; i++) spares.give(new Uint8Array(256 * 1024));
  let kept = 0;
  while (spares.take(1) !== undefined) kept++;
  expect(kept).toBe(16);
});
