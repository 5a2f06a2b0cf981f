import { describe, expect, it } from 'vitest';
import { ExpiringKeyValueStore } from '../expiring-key-value-store.ts';
import { OneRange } from './byte-ranges.ts';
import { ByteStore } from './byte-store.ts';
import { EVICTION_POLICIES } from './evictor.ts';
import { checkInvariants } from './invariants.ts';

const MEGABYTE = 1024 * 1024;
const LIMIT = 20 * MEGABYTE;
const VALUE = new Uint8Array(64);

/** Xorshift: the same trace everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Draws numbers below `count`, number `i` with a weight of (i + 1) ^ -0.9. */
function zipf(count: number, random: () => number): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += (i + 1) ** -0.9;
    sums[i] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** The share of hits in the second half of a trace. */
function hitRate(trace: Int32Array, hit: (number: number) => boolean): number {
  let hits = 0;
  for (let i = 0; i < trace.length; i++)
    if (hit(trace[i] as number) && i >= trace.length / 2) hits++;
  return hits / (trace.length / 2);
}

describe('a store with a limit', () => {
  it.each(EVICTION_POLICIES.filter((policy) => policy !== 'noeviction'))(
    'stays within it under %s, whatever is written',
    (policy) => {
      const random = seeded(7);
      const store = new ByteStore({ random, hashSecret: [1, 2] });
      store.now = 1;
      store.limit(LIMIT, policy);
      const db = store.at(0);
      const range = new OneRange();
      for (let i = 0; i < 150_000; i++) {
        if (!store.makeRoom()) throw new Error(`no room at ${i}`);
        const length = Math.floor(random() * 400);
        const deadline = policy.startsWith('volatile') ? 10 ** 9 + i : 0;
        db.set(range.take(`key:${i}`), 0, new Uint8Array(length), 0, length, 0, deadline);
      }
      expect(store.usedBytes).toBeLessThan(LIMIT * 1.1 + 4 * MEGABYTE);
      expect(store.evicted).toBe(150_000 - db.size);
      expect(db.size).toBeGreaterThan(10_000);
      checkInvariants(store);
    },
  );

  it('refuses writes under noeviction, and under volatile policies when nothing has a deadline', () => {
    for (const policy of ['noeviction', 'volatile-lru', 'volatile-ttl'] as const) {
      const store = new ByteStore({ hashSecret: [1, 2] });
      store.now = 1;
      store.limit(LIMIT, policy);
      const db = store.at(0);
      const range = new OneRange();
      let written = 0;
      while (store.makeRoom()) db.set(range.take(`key:${written++}`), 0, VALUE, 0, 64, 0, 0);
      expect(written).toBeGreaterThan(50_000);
      expect(db.size).toBe(written);
      expect(store.evicted).toBe(0);
      store.limit(0, policy);
      expect(store.makeRoom()).toBe(true);
    }
  });

  it('evicts only what has a deadline under volatile policies', () => {
    const store = new ByteStore({ hashSecret: [1, 2], random: seeded(3) });
    store.now = 1;
    store.limit(LIMIT, 'volatile-random');
    const db = store.at(0);
    const range = new OneRange();
    for (let i = 0; i < 20_000; i++) db.set(range.take(`stays:${i}`), 0, VALUE, 0, 64, 0, 0);
    let refused = 0;
    for (let i = 0; i < 150_000; i++) {
      if (!store.makeRoom()) refused++;
      db.set(range.take(`goes:${i}`), 0, VALUE, 0, 64, 0, 10 ** 9);
    }
    let stayed = 0;
    for (let i = 0; i < 20_000; i++) if (db.find(range.take(`stays:${i}`), 0) !== 0) stayed++;
    expect([refused, stayed]).toEqual([0, 20_000]);
  });

  it('lets the entries with the nearest deadline go first under volatile-ttl', () => {
    const store = new ByteStore({ hashSecret: [1, 2], random: seeded(5) });
    store.now = 1;
    store.limit(LIMIT, 'volatile-ttl');
    const db = store.at(0);
    const range = new OneRange();
    const random = seeded(11);
    for (let i = 0; i < 400_000; i++) {
      store.makeRoom();
      db.set(range.take(`key:${i}`), 0, VALUE, 0, 64, 0, 1000 + Math.floor(random() * 1e6));
    }
    let sum = 0;
    let count = 0;
    let cursor = 0;
    do {
      cursor = db.scan(cursor, 1000, (ref) => {
        sum += db.deadlineOf(ref);
        count++;
      });
    } while (cursor !== 0);
    expect(sum / count).toBeGreaterThan(700_000);
  });

  it('hits more often than exact LRU of the same size on a Zipf trace', { timeout: 60_000 }, () => {
    const random = seeded(99);
    const next = zipf(2_000_000, random);
    const trace = new Int32Array(2_000_000).map(next);
    const store = new ByteStore({ hashSecret: [1, 2], random });
    store.now = 1;
    store.limit(LIMIT, 'allkeys-lru');
    const db = store.at(0);
    const range = new OneRange();
    const ours = hitRate(trace, (number) => {
      if (db.find(range.take(`key:${number}`), 0) !== 0) return true;
      store.makeRoom();
      db.set(range, 0, VALUE, 0, 64, 0, 0);
      return false;
    });
    const lru = new ExpiringKeyValueStore<true>({ maxEntries: db.size, policy: 'lru' });
    const exact = hitRate(trace, (number) => {
      if (lru.get(String(number))) return true;
      lru.set(String(number), true);
      return false;
    });
    expect(ours).toBeGreaterThan(exact + 0.02);
  });

  it('lets writes go on while a view is frozen, and comes back to its limit afterwards', () => {
    const store = new ByteStore({ hashSecret: [1, 2], random: seeded(1) });
    store.now = 1;
    store.limit(LIMIT, 'allkeys-lru');
    const db = store.at(0);
    const range = new OneRange();
    const write = (i: number) => {
      if (!store.makeRoom()) throw new Error(`no room at ${i}`);
      db.set(range.take(`key:${i}`), 0, VALUE, 0, 64, 0, 0);
    };
    for (let i = 0; i < 100_000; i++) write(i);
    const before = db.size;
    const view = store.freeze();
    for (let i = 100_000; i < 130_000; i++) write(i);
    let read = 0;
    for (const _entry of view) read++;
    view.close();
    expect(read).toBe(before);
    for (let i = 130_000; i < 160_000; i++) write(i);
    expect(store.usedBytes).toBeLessThan(LIMIT + 4 * MEGABYTE);
    checkInvariants(store);
  });
});
