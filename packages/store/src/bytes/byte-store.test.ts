import { describe, expect, it } from 'vitest';
import { OneRange } from './byte-ranges.ts';
import { ByteStore } from './byte-store.ts';
import type { FrozenBytes } from './frozen-bytes.ts';

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Modelled {
  readonly value: Uint8Array;
  readonly deadline: number;
  readonly encoding: number;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Runs random operations against a Map; answers the store at the end. */
function run(
  seed: number,
  operations: number,
  keys: number,
  options: { firstSegment?: number } = {},
) {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const store = new ByteStore({ ...options, hashSecret: [seed, ~seed], random });
  store.now = 1000;
  const db = store.at(0);
  const range = new OneRange();
  const model = new Map<string, Modelled>();
  let view: { readonly frozen: FrozenBytes; readonly expected: Map<string, Modelled> } | undefined;
  const live = (key: string): Modelled | undefined => {
    const found = model.get(key);
    return found !== undefined && found.deadline !== 0 && found.deadline <= store.now
      ? undefined
      : found;
  };
  const sizes = [8, 64, 400, 3000, 60_000, 300_000];
  for (let i = 0; i < operations; i++) {
    const key = `key:${below(keys)}${'x'.repeat(below(keys) % 9)}`;
    const dice = below(100);
    if (dice < 45) {
      const large = below(2000);
      const value = new Uint8Array(
        below(large === 0 ? 300_000 : (sizes[below(large < 30 ? 5 : 3)] as number)),
      );
      for (let j = 0; j < value.length; j += 97) value[j] = below(256);
      const deadline = below(3) === 0 ? store.now + 1 + below(2000) : 0;
      const encoding = below(4);
      db.set(range.take(key), 0, value, 0, value.length, encoding, deadline);
      model.set(key, { value, deadline, encoding });
    } else if (dice < 70) {
      const ref = db.find(range.take(key), 0);
      const expected = live(key);
      if ((ref !== 0) !== (expected !== undefined)) throw new Error(`seed ${seed}: ${key} at ${i}`);
      if (expected !== undefined) {
        if (!same(db.valueView(ref), expected.value))
          throw new Error(`seed ${seed}: value of ${key} at ${i}`);
        if (db.deadlineOf(ref) !== expected.deadline || db.encodingOf(ref) !== expected.encoding)
          throw new Error(`seed ${seed}: head of ${key} at ${i}`);
        if (new TextDecoder().decode(db.keyOf(ref)) !== key) throw new Error('key');
      }
    } else if (dice < 85) {
      const existed = live(key) !== undefined;
      if (db.remove(range.take(key), 0) !== existed)
        throw new Error(`seed ${seed}: delete ${key} at ${i}`);
      model.delete(key);
    } else if (dice < 93) {
      const deadline = below(2) === 0 ? 0 : store.now + 1 + below(2000);
      const expected = live(key);
      if (db.setDeadline(range.take(key), 0, deadline) !== (expected !== undefined))
        throw new Error(`seed ${seed}: deadline ${key} at ${i}`);
      if (expected !== undefined) model.set(key, { ...expected, deadline });
    } else if (dice < 98) {
      store.now += below(20);
      store.sweep(below(200));
    } else if (dice < 99) {
      if (view === undefined) {
        const expected = new Map([...model].filter(([name]) => live(name) !== undefined));
        view = { frozen: store.freeze(), expected };
      } else {
        checkView(view.frozen, view.expected, seed);
        view = undefined;
      }
    } else if (below(200) === 0) {
      db.clear();
      model.clear();
    }
  }
  if (view !== undefined) checkView(view.frozen, view.expected, seed);
  return { store, db, range, model, live };
}

function checkView(frozen: FrozenBytes, expected: Map<string, Modelled>, seed: number): void {
  let count = 0;
  for (const entry of frozen) {
    const wanted = expected.get(new TextDecoder().decode(entry.key));
    if (
      wanted === undefined ||
      !same(entry.value, wanted.value) ||
      (entry.deadline ?? 0) !== wanted.deadline
    )
      throw new Error(
        `seed ${seed}: the frozen view has a wrong ${new TextDecoder().decode(entry.key)}`,
      );
    count++;
  }
  frozen.close();
  if (count !== expected.size)
    throw new Error(`seed ${seed}: the frozen view has ${count} of ${expected.size}`);
}

describe('the byte engine', () => {
  it.each([1, 2, 3])(
    'does what a Map does, in 200,000 random operations (seed %i)',
    { timeout: 60_000 },
    (seed) => {
      const { db, range, model, live, store } = run(seed, 200_000, 3000);
      const expected = [...model.keys()].filter((key) => live(key) !== undefined);
      for (const key of expected) expect(db.find(range.take(key), 0)).not.toBe(0);
      store.sweep(Number.POSITIVE_INFINITY);
      expect(db.size).toBe(expected.length);
      const withDeadline = expected.filter((key) => model.get(key)?.deadline !== 0).length;
      expect(db.expiringSize).toBe(withDeadline);
    },
  );

  it('does the same with refs beyond 2^31', { timeout: 60_000 }, () => {
    const { db } = run(7, 50_000, 2000, { firstSegment: 20_000 });
    expect(db.size).toBeGreaterThan(0);
  });
});
