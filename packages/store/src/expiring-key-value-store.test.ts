import { describe, expect, it, vi } from 'vitest';
import { describeExpiringStore } from './conformance/expiring-suite.ts';
import type { ExpiringStoreHarness } from './conformance/harness.ts';
import { ManualClock } from './conformance/manual-clock.ts';
import { ExpiringKeyValueStore } from './expiring-key-value-store.ts';
import type { ExpiringKeyValueStoreOptions } from './expiring-options.ts';

const kinds = {
  unbounded: {},
  'bounded, lru': { maxEntries: 10_000 },
  'bounded, fifo': { maxEntries: 10_000, policy: 'fifo' },
  'bounded, sieve': { maxEntries: 10_000, policy: 'sieve' },
} as const;

for (const [kind, options] of Object.entries(kinds)) {
  const harness: ExpiringStoreHarness<{ n: number }> = {
    create: ({ clock }) => new ExpiringKeyValueStore({ clock, ...options }),
    value: (n) => ({ n }),
    equal: (a, b) => a.n === b.n,
  };
  describeExpiringStore({ describe, it }, `ExpiringKeyValueStore, ${kind},`, harness);
}

/** A store of numbers with its clock and a record of what its callbacks were told. */
function watched(options: ExpiringKeyValueStoreOptions<number> = {}) {
  const clock = new ManualClock();
  const expired: [string, number][] = [];
  const evicted: [string, number][] = [];
  const store = new ExpiringKeyValueStore<number>({
    clock,
    onExpire: (key, value) => expired.push([key, value]),
    onEvict: (key, value) => evicted.push([key, value]),
    ...options,
  });
  return { clock, expired, evicted, store };
}

describe('ExpiringKeyValueStore', () => {
  it('answers the very object that was stored', () => {
    const store = new ExpiringKeyValueStore<object>();
    const alice = { name: 'Alice' };
    store.set('user', alice, { ttlMs: 1000 });
    expect(store.get('user')).toBe(alice);
    expect(store.peek('user')).toBe(alice);
  });

  it('stores null and the other falsy values, with a TTL and without', () => {
    for (const maxEntries of [2, undefined]) {
      const { clock } = watched();
      const store = new ExpiringKeyValueStore<unknown>({
        clock,
        ...(maxEntries && { maxEntries }),
      });
      for (const value of [null, false, 0, -0, Number.NaN, '', 0n]) {
        for (const options of [undefined, { ttlMs: 5 }]) {
          store.set('falsy', value, options);
          expect(store.get('falsy')).toBe(value);
          expect(store.peek('falsy')).toBe(value);
          expect(store.has('falsy')).toBe(true);
          expect([...store.values()]).toEqual([value]);
        }
      }
    }
  });

  it('iterates in the order in which keys were first set, whatever was used since', () => {
    for (const options of [{}, { maxEntries: 3 }]) {
      const { store } = watched(options);
      store.setMany(Object.entries({ a: 1, b: 2, c: 3 }));
      store.set('a', 4);
      store.get('b');
      expect([...store]).toEqual(Object.entries({ a: 4, b: 2, c: 3 }));
      expect([...store.values()]).toEqual([4, 2, 3]);
    }
  });

  it('counts expired entries in size until they are met or swept, and never in countLive', () => {
    const { clock, store } = watched();
    store.setMany(Object.entries({ a: 1, b: 2, c: 3 }), { ttlMs: 100 });
    store.set('d', 4);
    expect([store.size, store.countLive()]).toEqual([4, 4]);
    clock.advance(100);
    expect([store.size, store.countLive()]).toEqual([4, 1]);
    expect(store.get('a')).toBeUndefined();
    expect([store.size, store.countLive()]).toEqual([3, 1]);
    store.sweep(Number.POSITIVE_INFINITY);
    expect([store.size, store.countLive()]).toEqual([1, 1]);
  });

  it('reads the system clock unless it is given one', () => {
    vi.useFakeTimers({ now: 5000 });
    try {
      const store = new ExpiringKeyValueStore<number>();
      store.set('a', 1, { ttlMs: 1000 });
      expect(store.deadline('a')).toBe(6000);
      vi.setSystemTime(6000);
      expect(store.get('a')).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not read the clock for a key without a deadline', () => {
    const now = vi.fn(() => 0);
    const store = new ExpiringKeyValueStore<number>({ clock: { now } });
    store.set('a', 1);
    store.set('b', 2, { ttlMs: 5 });
    now.mockClear();
    store.get('a');
    store.has('a');
    store.deadline('a');
    store.set('a', 2);
    store.set('c', 3);
    expect(now).not.toHaveBeenCalled();
    store.getMany(['a', 'b', 'b']);
    expect(now).toHaveBeenCalledTimes(1);
  });

  it('refuses bad options', () => {
    for (const options of [
      ...[0, -1, 1.5, Number.NaN, '5', null].map((maxEntries) => ({ maxEntries })),
      ...['LRU', 'random', null].map((policy) => ({ policy })),
      // As other libraries call it: the store would grow for ever.
      { max: 500 },
      5,
      null,
    ]) {
      const create = () => new ExpiringKeyValueStore(options as never);
      expect(create).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });

  it('refuses pairs that are none', () => {
    const set = () => new ExpiringKeyValueStore().setMany({ a: 1 } as never);
    expect(set).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('onExpire', () => {
  const ways: Record<string, (store: ExpiringKeyValueStore<number>) => unknown> = {
    get: (store) => store.get('a'),
    peek: (store) => store.peek('a'),
    getMany: (store) => store.getMany(['a', 'a']),
    has: (store) => store.has('a'),
    set: (store) => store.set('a', 2),
    setMany: (store) => store.setMany([['a', 2]], { keepTtl: true }),
    delete: (store) => store.delete('a'),
    ttlMs: (store) => store.ttlMs('a'),
    deadline: (store) => store.deadline('a'),
    expire: (store) => store.expire('a', 100),
    expireAt: (store) => store.expireAt('a', 1),
    persist: (store) => store.persist('a'),
    sweep: (store) => store.sweep(1),
    keys: (store) => [...store.keys()],
    values: (store) => [...store.values()],
    iteration: (store) => [...store],
  };
  for (const [way, meet] of Object.entries(ways)) {
    it(`is told once of an expired entry that ${way} meets`, () => {
      const { clock, expired, evicted, store } = watched();
      store.set('a', 1, { ttlMs: 100 });
      clock.advance(100);
      expect(expired).toEqual([]);
      meet(store);
      meet(store);
      expect(expired).toEqual([['a', 1]]);
      expect(evicted).toEqual([]);
    });
  }

  it('is not told what is deleted, overwritten, cleared, or given a deadline of 0', () => {
    const { expired, evicted, store } = watched({ maxEntries: 2 });
    store.set('a', 1, { ttlMs: 100 });
    store.set('a', 2, { ttlMs: 100 });
    store.delete('a');
    store.set('a', 3, { ttlMs: 100 });
    store.expire('a', 0);
    store.set('a', 4, { ttlMs: 100 });
    store.clear();
    expect([expired, evicted]).toEqual([[], []]);
  });

  it('is told at once what is set with a deadline in the past', () => {
    const { clock, expired, store } = watched({ maxEntries: 1 });
    store.set('a', 1);
    store.set('b', 2, { deadline: clock.now() });
    expect(expired).toEqual([['b', 2]]);
    expect([...store]).toEqual([['a', 1]]);
  });

  it('may set the key again, change anything, or clear the store during a sweep', () => {
    const changes: ((store: ExpiringKeyValueStore<number>, key: string) => void)[] = [
      (store, key) => store.set(key, 7),
      (store, key) => store.set(key, 7, { ttlMs: 50 }),
      (store, key) => store.set(`${key}:again`, 7, { ttlMs: 50 }),
      (store) => store.clear(),
      (store) => store.sweep(Number.POSITIVE_INFINITY),
      (store) => store.delete('key:50'),
    ];
    for (const change of changes) {
      const { clock, store } = watched({ onExpire: (key) => change(store, key) });
      for (let n = 0; n < 100; n++) store.set(`key:${n}`, n, { ttlMs: 100 });
      clock.advance(100);
      store.sweep(Number.POSITIVE_INFINITY);
      expect(store.countLive()).toBe(store.size);
      expect([...store.values()].every((value) => value === 7)).toBe(true);
      clock.advance(1000);
      store.clear();
      expect([store.size, store.countLive()]).toEqual([0, 0]);
    }
  });

  it('leaves the last word to the set that met the expired entry', () => {
    const { clock, store } = watched({
      onExpire: (key) => store.set(key, 7, { ttlMs: 9 }),
    });
    store.set('a', 1, { ttlMs: 100 });
    clock.advance(100);
    store.set('a', 2);
    expect(store.get('a')).toBe(2);
    expect(store.ttlMs('a')).toBeUndefined();
  });

  it('may throw: its caller sees the error, the entry is gone, the store whole', () => {
    const { clock, store } = watched({
      onExpire: () => {
        throw new RangeError('from the callback');
      },
    });
    store.setMany(Object.entries({ a: 1, b: 2 }), { ttlMs: 100 });
    clock.advance(100);
    expect(() => store.get('a')).toThrow(RangeError);
    expect(store.get('a')).toBeUndefined();
    expect(() => store.sweep(10)).toThrow(RangeError);
    expect(store.size).toBe(0);
  });
});

describe('maxEntries', () => {
  it('evicts the least recently used entry by default', () => {
    const { evicted, store } = watched({ maxEntries: 3 });
    store.setMany(Object.entries({ a: 1, b: 2, c: 3 }));
    store.get('a');
    store.set('b', 4);
    store.set('d', 5);
    expect(evicted).toEqual([['c', 3]]);
    store.getMany(['a']);
    store.set('e', 6);
    expect(evicted.slice(1)).toEqual([['b', 4]]);
  });

  it('evicts the entry set first under fifo, however it is used', () => {
    const { evicted, store } = watched({ maxEntries: 2, policy: 'fifo' });
    store.setMany(Object.entries({ a: 1, b: 2 }));
    store.get('a');
    store.set('a', 3);
    store.set('c', 4);
    store.set('a', 5);
    expect(evicted).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
  });

  for (const policy of ['lru', 'sieve'] as const) {
    it(`does not take has, peek, iteration or a TTL method for a use under ${policy}`, () => {
      const { evicted, store } = watched({ maxEntries: 2, policy });
      store.setMany(Object.entries({ a: 1, b: 2 }));
      store.has('a');
      store.peek('a');
      store.expire('a', 1000);
      store.ttlMs('a');
      store.persist('a');
      void [...store, ...store.keys(), ...store.values()];
      store.set('c', 3);
      expect(evicted).toEqual([['a', 1]]);
    });
  }

  it('spares under sieve what was used since the hand passed, and never evicts what is new', () => {
    const { evicted, store } = watched({ maxEntries: 3, policy: 'sieve' });
    store.setMany(Object.entries({ a: 1, b: 2, c: 3 }));
    store.get('a');
    store.getMany(['b']);
    store.set('d', 4);
    // The hand has taken the marks of a and b, and stands behind c, at d.
    store.set('e', 5);
    expect(evicted.map(([key]) => key)).toEqual(['c', 'd']);
    for (const key of ['a', 'b', 'e']) store.get(key);
    store.set('f', 6);
    expect(store.peek('f')).toBe(6);
    expect(store.size).toBe(3);
  });

  it('keeps to a bound beyond the room that is taken at once, and forgets TTLs with keys', () => {
    for (const policy of ['lru', 'fifo', 'sieve'] as const) {
      const { clock, evicted, expired, store } = watched({ maxEntries: 300, policy });
      for (let n = 0; n < 2000; n++) {
        store.set(`key:${n}`, n, n % 3 ? undefined : { ttlMs: 10_000 });
        if (n % 7 === 0) store.delete(`key:${n - 5}`);
        expect(store.peek(`key:${n}`)).toBe(n);
      }
      expect(store.size).toBeLessThanOrEqual(300);
      clock.advance(10_000);
      const timed = store.size - store.countLive();
      expect(store.sweep(Number.POSITIVE_INFINITY)).toBe(timed);
      expect(expired.length).toBe(timed);
      expect(new Set(evicted.map(([key]) => key)).size).toBe(evicted.length);
      for (const key of store.keys()) expect(store.ttlMs(key)).toBeUndefined();
      store.clear();
      store.set('key:1', 1);
      expect([...store]).toEqual([['key:1', 1]]);
    }
  });

  it('lets expired entries go first', () => {
    const { clock, expired, evicted, store } = watched({ maxEntries: 3 });
    store.set('a', 1);
    store.setMany(Object.entries({ b: 2, c: 3 }), { ttlMs: 100 });
    clock.advance(100);
    store.set('d', 4);
    expect(evicted).toEqual([]);
    expect(new Set(expired.map(([key]) => key))).toEqual(new Set(['b', 'c']));
    expect([...store.keys()]).toEqual(['a', 'd']);
  });

  it('evicts entries that have a TTL too, and drops the TTL with them', () => {
    const { clock, evicted, expired, store } = watched({ maxEntries: 1 });
    store.set('a', 1, { ttlMs: 100 });
    store.set('b', 2);
    store.set('a', 3, { keepTtl: true });
    expect(evicted.map(([key]) => key)).toEqual(['a', 'b']);
    clock.advance(100);
    expect(store.get('a')).toBe(3);
    expect(expired).toEqual([]);
  });

  it('holds one entry where one is allowed, also with setMany', () => {
    const { evicted, store } = watched({ maxEntries: 1 });
    expect(store.setMany(Object.entries({ a: 1, b: 2, c: 3 }))).toBe(3);
    expect([...store]).toEqual([['c', 3]]);
    expect(evicted).toEqual(Object.entries({ a: 1, b: 2 }));
  });

  it('is kept to after delete, clear and setting anew', () => {
    const { evicted, store } = watched({ maxEntries: 2 });
    store.setMany(Object.entries({ a: 1, b: 2 }));
    store.delete('a');
    store.set('c', 3);
    expect(evicted).toEqual([]);
    expect(store.clear()).toBe(2);
    store.setMany(Object.entries({ d: 4, e: 5, f: 6 }));
    expect(evicted).toEqual([['d', 4]]);
    expect(store.size).toBe(2);
  });

  it('is kept to when onEvict sets, deletes and clears', () => {
    let sets = 0;
    const { store } = watched({
      maxEntries: 3,
      onEvict: (key, value) => {
        if (sets++ % 3 === 0) store.set(`${key}!`, value);
        if (sets % 5 === 0) store.delete(`key:${value - 1}`);
        if (sets % 7 === 0) store.clear();
      },
    });
    for (let n = 0; n < 500; n++) {
      store.set(`key:${n}`, n, n % 2 ? { ttlMs: 1000 } : undefined);
      expect(store.size).toBeLessThanOrEqual(3);
      expect([...store].length).toBe(store.size);
    }
  });

  it('survives an onEvict that sets what was evicted without end', () => {
    const { store } = watched({ maxEntries: 2, onEvict: (key, value) => store.set(key, value) });
    store.setMany(Object.entries({ a: 1, b: 2 }));
    expect(() => store.set('c', 3)).toThrow(RangeError);
    expect([...store].length).toBe(store.size);
  });
});
