import { expect, it } from 'vitest';
import { keepCountries } from '../src/countries.ts';

it('gives every country back after the daemon was killed', { timeout: 30_000 }, async () => {
  const { written, read, oneByOne, keys, scanned, size } = await keepCountries();
  expect(written.length).toBeGreaterThanOrEqual(250);
  expect(read).toStrictEqual(written);
  expect(oneByOne).toStrictEqual(written);
  expect(scanned.toSorted()).toEqual(keys.toSorted());
  expect(size).toBe(written.length + 1);
});
