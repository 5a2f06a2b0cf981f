import { expect, test } from 'vitest';
import { OneRange } from './byte-ranges.ts';
import { ByteStore } from './byte-store.ts';

const range = new OneRange();
const one = Uint8Array.of(1);

test('swapped databases exchange their entries; a view that is open keeps the old numbers', () => {
  const swaps: (readonly [number, number])[] = [];
  const removed: number[] = [];
  const ignore = (): void => {};
  const journal = {
    put: ignore,
    deadline: ignore,
    remove: (database: number) => removed.push(database),
    flush: ignore,
    swap: (a: number, b: number) => swaps.push([a, b]),
  };
  const store = new ByteStore({ databases: 3, journal });
  store.at(0).set(range.take('in 0'), 0, one, 0, 1, 0, 0);
  store.at(2).set(range.take('in 2'), 0, one, 0, 1, 0, 0);
  const view = store.freeze();
  store.swap(0, 2);
  expect(store.at(2).find(range.take('in 0'), 0)).not.toBe(0);
  expect(store.at(0).find(range.take('in 0'), 0)).toBe(0);
  const seen = [...view].map(({ database, key }) => [database, Buffer.from(key).toString()]);
  expect(seen).toEqual([
    [0, 'in 0'],
    [2, 'in 2'],
  ]);
  view.close();
  expect(store.at(2).remove(range.take('in 0'), 0)).toBe(true);
  expect(swaps).toEqual([[0, 2]]);
  expect(removed).toEqual([2]);
});
