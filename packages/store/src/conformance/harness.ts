import type { Clock } from '../clock.ts';
import type { ExpiringStore } from '../expiring-store.ts';
import type { KeyValueStore } from '../key-value-store.ts';
import { assert, assertSame } from './assertions.ts';
import type { ManualClock } from './manual-clock.ts';

/**
 * What a suite needs to know of a store.
 *
 * @typeParam V - what the store stores.
 * @typeParam S - the store.
 */
export interface StoreHarness<V, S extends KeyValueStore<V> = KeyValueStore<V>> {
  /** A new, empty store that reads the time from `clock`, if it has a use for time. */
  create(options: { readonly clock: Clock }): S;

  /** A value for each whole number from 0 on; different numbers give values that are not equal. */
  value(n: number): V;

  /**
   * Whether `a` and `b` are the same value. A store may answer copies, so what
   * it answers is compared by this alone.
   */
  equal(a: V, b: V): boolean;
}

/** A {@link StoreHarness} for stores with TTLs. */
export type ExpiringStoreHarness<V> = StoreHarness<V, ExpiringStore<V>>;

/** Declares one test with a new store and the clock that the store reads. */
export type ExpiringTest<V> = (
  title: string,
  body: (store: ExpiringStore<V>, clock: ManualClock) => void,
) => void;

/** How thorough a suite is. */
export interface SuiteOptions {
  /** Where the random operations start; 1 by default, so that every run is the same. */
  readonly seed?: number;
  /** How many random operations are made; 5,000 by default. */
  readonly operations?: number;
}

/** The defaults of {@link SuiteOptions}. */
export const SUITE_DEFAULTS: Required<SuiteOptions> = { seed: 1, operations: 5000 };

/** Fails unless `actual` is value number `n`, or absent when `n` is `undefined`. */
export function assertValue<V>(
  harness: Pick<StoreHarness<V>, 'value' | 'equal'>,
  actual: V | undefined,
  n: number | undefined,
  claim: string,
): void {
  if (n === undefined) assertSame(actual, undefined, claim);
  else {
    assert(actual !== undefined, `${claim}: expected value ${n}, got undefined`);
    assert(harness.equal(actual, harness.value(n)), `${claim}: expected value ${n}, got ${actual}`);
  }
}

/** Fails unless a look at everything finds these keys with these values, each once, in any order. */
export function assertHolds<V>(
  harness: Pick<StoreHarness<V>, 'value' | 'equal'>,
  store: KeyValueStore<V>,
  expected: ReadonlyMap<string, number>,
  claim: string,
): void {
  const sorted = [...expected.keys()].sort();
  assertSame([...store.keys()].sort(), sorted, `${claim}: keys()`);
  for (const entries of [store.entries(), store[Symbol.iterator]()]) {
    const seen = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
    const keys = seen.map(([key]) => key);
    assertSame(keys, sorted, `${claim}: the keys of entries`);
    for (const [key, value] of seen) {
      assertValue(harness, value, expected.get(key), `${claim}: entry '${key}'`);
    }
  }
  const unseen = [...expected.values()];
  for (const value of store.values()) {
    const at = unseen.findIndex((n) => harness.equal(value, harness.value(n)));
    assert(at >= 0, `${claim}: values() has ${value}, which should not be there`);
    unseen.splice(at, 1);
  }
  assertSame(unseen, [], `${claim}: values() lacks values`);
}
