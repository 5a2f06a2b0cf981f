import type { KeyValueStore } from '../key-value-store.ts';
import { assertSame, ConformanceError } from './assertions.ts';
import { assertHolds, assertValue, type StoreHarness, type SuiteOptions } from './harness.ts';
import { Random } from './random.ts';

/** Few enough that operations meet, enough that tables grow. */
const KEYS = 60;

interface Run<V> extends Required<SuiteOptions> {
  readonly store: KeyValueStore<V>;
  readonly harness: StoreHarness<V>;
}

/** Does the same to `store` and to a Map of value numbers, and compares every answer. */
export function runRandomOperations<V>(run: Run<V>): void {
  const { store, harness, seed, operations } = run;
  const random = new Random(seed);
  const model = new Map<string, number>();
  for (let at = 0; at < operations; at++) {
    withPlace(seed, at, () => {
      step(store, harness, random, model, at);
      assertSame(store.size, model.size, 'size');
      if (at % 64 === 0) assertHolds(harness, store, model, 'everything');
    });
  }
}

/** Names the seed and the operation in the message of whatever `action` throws. */
export function withPlace(seed: number, at: number, action: () => void): void {
  try {
    action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConformanceError(`seed ${seed}, operation ${at}: ${reason}`, { cause });
  }
}

/** One of the keys that random operations use. */
export function randomKey(random: Random): string {
  return `key:${random.below(KEYS)}`;
}

function step<V>(
  store: KeyValueStore<V>,
  harness: StoreHarness<V>,
  random: Random,
  model: Map<string, number>,
  n: number,
): void {
  const key = randomKey(random);
  const kind = random.below(20);
  if (kind < 8) {
    store.set(key, harness.value(n));
    model.set(key, n);
  } else if (kind < 12) {
    assertSame(store.delete(key), model.delete(key), `delete('${key}')`);
  } else if (kind < 15) {
    assertValue(harness, store.get(key), model.get(key), `get('${key}')`);
    assertSame(store.has(key), model.has(key), `has('${key}')`);
  } else if (kind < 17) {
    const keys = [key, randomKey(random), randomKey(random)];
    store.getMany(keys).forEach((value, i) => {
      assertValue(harness, value, model.get(keys[i] as string), `getMany('${keys[i]}')`);
    });
  } else if (kind < 19 || !random.oneIn(20)) {
    const keys = [key, randomKey(random), randomKey(random)];
    const pairs = keys.map((k, i): [string, V] => [k, harness.value(n + i)]);
    assertSame(store.setMany(pairs), keys.length, 'setMany');
    keys.forEach((k, i) => {
      model.set(k, n + i);
    });
  } else {
    assertSame(store.clear(), model.size, 'clear');
    model.clear();
  }
}
