import { describe, expect, it } from 'vitest';
import { describeKeyValueStore } from './conformance/plain-suite.ts';
import { InMemoryKeyValueStore } from './in-memory-key-value-store.ts';

describeKeyValueStore({ describe, it }, 'InMemoryKeyValueStore', {
  create: () => new InMemoryKeyValueStore<{ n: number }>(),
  value: (n) => ({ n }),
  equal: (a, b) => a.n === b.n,
});

describe('InMemoryKeyValueStore', () => {
  it('answers the very object that was stored', () => {
    const store = new InMemoryKeyValueStore<object>();
    const alice = { name: 'Alice' };
    store.set('user', alice);
    expect(store.get('user')).toBe(alice);
  });

  it('stores null and the other falsy values', () => {
    const store = new InMemoryKeyValueStore<unknown>();
    for (const value of [null, false, 0, -0, Number.NaN, '', 0n]) {
      store.set('falsy', value);
      expect(store.get('falsy')).toBe(value);
      expect(store.has('falsy')).toBe(true);
      expect(store.getMany(['falsy', 'absent'])).toEqual([value, undefined]);
    }
  });

  it('iterates in the order in which keys were first set', () => {
    const store = new InMemoryKeyValueStore<number>();
    store.setMany(Object.entries({ a: 1, b: 2, c: 3 }));
    store.set('a', 4);
    expect([...store]).toEqual(Object.entries({ a: 4, b: 2, c: 3 }));
  });
});
