// biome-ignore-all lint/complexity/useLiteralKeys: the brackets are TypeScript's way to private members.
import { describe, expect, it } from 'vitest';
import { Random } from '../conformance/random.ts';
import { ByteModel } from './byte-model.ts';
import { OneRange } from './byte-ranges.ts';
import { ByteStore } from './byte-store.ts';
import { HalfSipHash } from './half-sip-hash.ts';
import { checkInvariants } from './invariants.ts';
import type { Journal } from './journal.ts';
import { batchOf } from './test-batch.ts';

const range = new OneRange();
const empty = new Uint8Array(0);

describe('keys and values', () => {
  it('may have any length there is, with whatever bytes', () => {
    const random = new Random(1);
    const store = new ByteStore({ hashSecret: [1, 2] });
    const db = store.at(0);
    const keyLengths = [0, ...Array.from({ length: 20 }, (_, i) => i + 1), 4000, 2 ** 20];
    const valueLengths = [0, 1, 7, 8, 9, 64, 255, 256, 257, 4096, 262_100, 262_144, 300_000];
    for (const keyLength of keyLengths) {
      const key = new Uint8Array(keyLength).map(() => random.below(256));
      for (const length of [...valueLengths, ...(keyLength === 3 ? [3_000_000] : [])]) {
        const value = new Uint8Array(length).map((_, i) => (i * 7 + length) & 255);
        db.set(range.take(key), 0, value, 0, length, 2, 0);
        const ref = db.find(range.take(key), 0);
        expect(Buffer.compare(db.valueView(ref), value), `${keyLength}, ${length}`).toBe(0);
        expect(Buffer.compare(db.keyOf(ref), key)).toBe(0);
        expect([db.typeOf(ref), db.encodingOf(ref), db.valueLength(ref)]).toEqual([0, 2, length]);
        for (const slack of [0, 7, 8]) {
          const copy = new Uint8Array(1 + length + slack);
          db.copyValue(ref, copy, new DataView(copy.buffer), 1);
          expect(Buffer.compare(copy.subarray(1, length + 1), value)).toBe(0);
        }
      }
      checkInvariants(store);
    }
    expect(db.size).toBe(keyLengths.length);
  });

  it('are told apart when they differ in trailing zeros only', () => {
    const store = new ByteStore();
    const db = store.at(0);
    for (let length = 0; length < 40; length++)
      db.set(range.take(new Uint8Array(length)), 0, Uint8Array.of(length), 0, 1, 0, 0);
    expect(db.size).toBe(40);
    for (let length = 0; length < 40; length++) {
      const ref = db.find(range.take(new Uint8Array(length)), 0);
      expect(db.valueView(ref)[0]).toBe(length);
    }
  });

  it('are taken from the very end of a buffer, with nothing behind them', () => {
    const store = new ByteStore();
    const db = store.at(0);
    for (let length = 0; length < 70; length++) {
      const before = new Uint8Array(200).map((_, i) => i + 1);
      const key = new Uint8Array(length).map((_, i) => i + 201);
      const ranges = batchOf([before, key], 0);
      db.prefetch(ranges);
      db.set(ranges, 1, ranges.bytes, 200, length, 0, 0);
      const ref = db.find(ranges, 1);
      expect(Buffer.compare(db.valueView(ref), key)).toBe(0);
      expect(db.remove(ranges, 1)).toBe(true);
    }
    checkInvariants(store);
  });

  it('are found together whatever their length, and that of their values', () => {
    const random = new Random(2);
    const store = new ByteStore();
    const db = store.at(0);
    // Short ones only, then so many long ones that most of an entry is touched beforehand.
    for (const longest of [64, 100_000, 300_000]) {
      const keys = Array.from({ length: 100 }, (_, i) => `${longest}:${'k'.repeat(i)}`);
      for (const key of keys) {
        const length = random.below(longest);
        db.set(range.take(key), 0, new Uint8Array(length).fill(length), 0, length, 0, 0);
      }
      const batch = batchOf([...keys, 'absent']);
      db.prefetch(batch);
      for (const [i, key] of keys.entries()) {
        const ref = db.find(batch, i);
        expect(Buffer.from(db.keyOf(ref)).toString()).toBe(key);
        expect(db.valueView(ref).every((byte) => byte === (db.valueLength(ref) & 255))).toBe(true);
      }
      expect(db.find(batch, keys.length)).toBe(0);
    }
    checkInvariants(store);
  });

  it('are found where a batch found them, or elsewhere, whatever goes and comes in between', () => {
    const store = new ByteStore();
    const db = store.at(0);
    const keys = Array.from({ length: 3000 }, (_, i) => `key:${i}`);
    const setAll = () => {
      for (const [i, key] of keys.entries())
        db.set(range.take(key), 0, Uint8Array.of(i), 0, 1, 0, 0);
    };
    setAll();
    // Each key twice, and one that is not there.
    const batch = batchOf([...keys, ...keys, 'absent']);
    db.prefetch(batch);
    for (let i = 0; i < keys.length; i += 2) {
      expect(db.remove(batch, i)).toBe(true);
      expect(db.remove(batch, keys.length + i)).toBe(false);
    }
    for (let i = 0; i < keys.length; i++) expect(db.find(batch, i) !== 0).toBe(i % 2 === 1);
    expect(db.find(batch, keys.length * 2)).toBe(0);
    db.set(range.take('absent'), 0, empty, 0, 0, 0, 0);
    expect(db.find(batch, keys.length * 2)).not.toBe(0);
    db.clear();
    for (let i = 0; i < keys.length; i++) expect(db.find(batch, i)).toBe(0);
    setAll();
    for (let i = 0; i < keys.length; i++)
      expect(db.valueView(db.find(batch, i))).toEqual(Uint8Array.of(i));
    checkInvariants(store);
  });

  it('are not found where a batch found them after all are gone, though a view keeps them there', () => {
    const store = new ByteStore();
    const db = store.at(0);
    const keys = Array.from({ length: 100 }, (_, i) => `key:${i}`);
    for (const key of keys) db.set(range.take(key), 0, Uint8Array.of(1), 0, 1, 0, 0);
    const view = store.freeze();
    const batch = batchOf(keys);
    db.prefetch(batch);
    db.clear();
    for (let i = 0; i < keys.length; i++) expect(db.find(batch, i)).toBe(0);
    view.close();
  });

  it('are not found in memory that another database has filled anew since a batch found them', () => {
    const store = new ByteStore();
    const db = store.at(0);
    const keys = Array.from({ length: 100 }, (_, i) => `key:${i}`);
    const setAll = (number: number) => {
      for (const key of keys) store.at(number).set(range.take(key), 0, empty, 0, 0, 0, 0);
    };
    setAll(0);
    const batch = batchOf(keys);
    db.prefetch(batch);
    const places = keys.map((_, i) => db.find(batch, i));
    for (const key of keys) db.remove(range.take(key), 0);
    db.clear();
    setAll(1);
    // The same keys lie at the same places, and are those of another database.
    expect(keys.map((key) => store.at(1).find(range.take(key), 0))).toEqual(places);
    for (let i = 0; i < keys.length; i++) expect(db.find(batch, i)).toBe(0);
    checkInvariants(store);
  });

  it('may be an entry with the greatest and with the least hash', () => {
    const hasher = new HalfSipHash([0, 0]);
    hasher.hash = () => 0x7fffffff;
    const store = new ByteStore();
    (store['shared'] as { hasher: HalfSipHash }).hasher = hasher;
    const db = store.at(0);
    for (let n = 0; n < 100; n++) db.set(range.take(`key:${n}`), 0, empty, 0, 0, 0, 0);
    for (let n = 0; n < 100; n += 2) expect(db.remove(range.take(`key:${n}`), 0)).toBe(true);
    for (let n = 0; n < 100; n++)
      expect(db.find(range.take(`key:${n}`), 0) !== 0).toBe(n % 2 === 1);
    checkInvariants(store);
  });
});

describe('SCAN', () => {
  /** Scans a step and notes how often each key came. */
  function scanner(run: ByteModel) {
    const times = new Map<string, number>();
    let cursor = 0;
    const step = (count: number): boolean => {
      cursor = run.db.scan(cursor, count, (ref) => {
        const key = Buffer.from(run.db.keyOf(ref)).toString();
        times.set(key, (times.get(key) ?? 0) + 1);
      });
      return cursor !== 0;
    };
    return { times, step };
  }

  it('visits what is there throughout exactly once while the table grows 1,000-fold', () => {
    const run = new ByteModel(1, 10);
    for (let n = 0; n < 300; n++) run.set(`stays:${n}`, 8);
    const { times, step } = scanner(run);
    let added = 0;
    // 300 keys in 300 steps, while a thousand come with each.
    do for (let i = 0; i < 2000 && added < 300_000; i++) run.set(`added:${added++}`, 8);
    while (step(run.db.size < 100_000 ? 1 : 1000));
    expect(run.db.size).toBe(300_300);
    for (let n = 0; n < 300; n++) expect(times.get(`stays:${n}`)).toBe(1);
    for (const [key, count] of times)
      if (count !== 1) throw new Error(`${key} came ${count} times`);
  });

  it('visits what is there throughout exactly once while the table shrinks and records move', () => {
    const run = new ByteModel(2, 10);
    for (let n = 0; n < 300; n++) run.set(`stays:${n}`, 100);
    for (let n = 0; n < 300_000; n++) run.set(`goes:${n}`, 100);
    const { times, step } = scanner(run);
    let removed = 0;
    // In another order than they were written in, so that segments are left with holes.
    const removeNext = () => run.remove(`goes:${(removed++ * 7919) % 300_000}`);
    do {
      for (let i = 0; i < 3000 && removed < 300_000; i++) removeNext();
      run.db.compact();
    } while (step(500));
    while (removed < 300_000) removeNext();
    expect(run.db.compactor.moved).toBeGreaterThan(0);
    expect(run.db.size).toBe(300);
    for (let n = 0; n < 300; n++) expect(times.get(`stays:${n}`)).toBe(1);
    for (const [key, count] of times)
      if (count !== 1) throw new Error(`${key} came ${count} times`);
    checkInvariants(run.store);
  });

  it('passes over what has expired, and comes to an end by count', () => {
    const run = new ByteModel(3, 10);
    for (let n = 0; n < 1000; n++)
      run.db.set(run.range.take(`key:${n}`), 0, empty, 0, 0, 0, n % 2 === 0 ? 2000 : 0);
    run.store.now = 2000;
    const { times, step } = scanner(run);
    let steps = 1;
    while (step(10)) steps++;
    expect(times.size).toBe(500);
    expect(steps).toBeLessThanOrEqual(101);
  });
});

describe('random()', () => {
  it('is fair, and never answers an expired key', () => {
    const random = new Random(4);
    const store = new ByteStore({ random: () => random.below(2 ** 31) / 2 ** 31 });
    const db = store.at(0);
    for (let n = 0; n < 200; n++) db.set(range.take(`${n}`), 0, empty, 0, 0, 0, n < 100 ? 0 : 500);
    store.now = 1000;
    const times = new Int32Array(200);
    for (let i = 0; i < 20_000; i++) {
      const n = Number(Buffer.from(db.keyOf(db.random())).toString());
      times[n] = (times[n] as number) + 1;
    }
    const chiSquare = times.slice(0, 100).reduce((sum, n) => sum + (n - 200) ** 2 / 200, 0);
    expect(times.slice(100).every((n) => n === 0)).toBe(true);
    // 99 degrees of freedom: a deviation of 14; five of them.
    expect(chiSquare).toBeLessThan(99 + 5 * 14);
    expect(new ByteStore().at(0).random()).toBe(0);
  });
});

describe('keys made to collide', () => {
  it('cost at most 3 times random ones, counted in slots that a search looks at', () => {
    const count = 20_000;
    const known = new HalfSipHash([11, 22]);
    const slots = (keys: readonly string[], secret: readonly [number, number]): number => {
      const store = new ByteStore({ hashSecret: secret });
      const db = store.at(0);
      for (const key of keys) db.set(range.take(key), 0, empty, 0, 0, 0, 0);
      const hasher = new HalfSipHash(secret);
      let sum = 0;
      for (const key of keys) {
        const hash = hasher.hash(range.take(key).view, 0, range.length[0] as number);
        let at = db.index.home(hash);
        for (; (db.index.chunk[at] as number) <= hash && db.index.chunk[at + 1] !== 0; at += 2)
          sum++;
      }
      return sum / keys.length;
    };
    // Keys whose hashes under a known secret are all among one in 64.
    const crafted: string[] = [];
    for (let n = 0; crafted.length < count; n++) {
      const key = `evil:${n}`;
      if (known.hash(range.take(key).view, 0, range.length[0] as number) < 2 ** 25)
        crafted.push(key);
    }
    const ordinary = Array.from({ length: count }, (_, n) => `key:${n}`);
    for (const secret of [
      [1, 2],
      [12, 22],
      [11, 23],
      [-5, 77],
    ] as const)
      expect(slots(crafted, secret)).toBeLessThan(3 * slots(ordinary, secret));
  });
});

describe('the journal', () => {
  it('is told each change, with the record at hand, and why an entry went', () => {
    const told: string[] = [];
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
    const journal: Journal = {
      put: (_, ref) => told.push(`put ${text(db.keyOf(ref))}=${text(db.valueView(ref))}`),
      deadline: (_, ref, deadline) => told.push(`deadline ${text(db.keyOf(ref))} ${deadline}`),
      remove: (_, ref, why) =>
        told.push(`${why} ${text(db.keyOf(ref))}=${text(db.valueView(ref))}`),
      flush: (database) => told.push(`flush ${database}`),
    };
    const store = new ByteStore({ journal });
    const db = store.at(0);
    const bytes = Buffer.from('value');
    const set = (key: string, deadline: number) =>
      db.set(range.take(key), 0, bytes, 0, 5, 0, deadline);
    set('a', 0);
    set('b', 1000);
    db.setDeadline(range.take('b'), 0, 2000);
    db.setDeadline(range.take('a'), 0, 3000);
    db.setDeadline(range.take('none'), 0, 3000);
    db.remove(range.take('a'), 0);
    store.now = 2000;
    db.find(range.take('b'), 0);
    db.clear();
    set('c', 2500);
    store.now = 2500;
    store.sweep(10);
    set('d', 0);
    db.clear();
    expect(told).toEqual([
      'put a=value',
      'put b=value',
      'deadline b 2000',
      'put a=value',
      'deleted a=value',
      'expired b=value',
      'put c=value',
      'expired c=value',
      'put d=value',
      'flush 0',
    ]);
  });
});

describe('bugs of the prototype, which must not come back', () => {
  it('granule 0 is the ref that is none, also when segment 0 is recycled', () => {
    const run = new ByteModel(1, 10);
    for (let round = 0; round < 5; round++) {
      for (let n = 0; n < 3000; n++) run.set(`key:${n}`, 1000);
      for (let n = 0; n < 3000; n++) run.check(`key:${n}`);
      run.clear();
      checkInvariants(run.store);
    }
  });

  it('ghost bits are cleared before a segment is used again, not after', () => {
    const run = new ByteModel(2, 10);
    for (let n = 0; n < 20_000; n++) run.set(`key:${n}`, 300);
    run.freeze();
    for (let n = 0; n < 20_000; n++) run.remove(`key:${n}`);
    run.closeView();
    for (let n = 0; n < 20_000; n++) run.set(`new:${n}`, 310);
    checkInvariants(run.store);
    for (let n = 0; n < 20_000; n++) run.check(`new:${n}`);
  });

  it('no edit in place shows in a frozen view, EXPIRE and PERSIST neither', () => {
    const run = new ByteModel(3, 10);
    for (let n = 0; n < 10; n++)
      run.db.set(run.range.take(`${n}`), 0, Uint8Array.of(n), 0, 1, 0, 5000);
    const frozen = run.store.freeze();
    for (let n = 0; n < 10; n++) {
      run.db.setDeadline(run.range.take(`${n}`), 0, n % 2 === 0 ? 0 : 9000);
      run.db.set(run.range.take(`${9 - n}`), 0, Uint8Array.of(99), 0, 1, 0, 9000);
    }
    const seen = [...frozen].map(({ value, deadline }) => [value[0] as number, deadline]);
    seen.sort(([a = 0], [b = 0]) => a - b);
    expect(seen).toEqual(Array.from({ length: 10 }, (_, n) => [n, 5000]));
    frozen.close();
    checkInvariants(run.store);
  });

  it('a slot that was remembered before a flush is known to be void after it', () => {
    const run = new ByteModel(4, 10);
    for (let n = 0; n < 50; n++) run.set(`key:${n}`, 8);
    const { index } = run.db;
    const { version } = index;
    run.clear();
    for (let n = 0; n < 50; n++) {
      run.set(`other:${n}`, 8);
      // A new index began to count at 0 again, and came past the old version.
      expect(run.db.index.version).not.toBe(version);
    }
  });
});
