import type { KeyValueStore } from '../key-value-store.ts';
import { assertRefused, assertSame } from './assertions.ts';
import {
  assertHolds,
  assertValue,
  type StoreHarness,
  SUITE_DEFAULTS,
  type SuiteOptions,
} from './harness.ts';
import { ManualClock } from './manual-clock.ts';
import { runRandomOperations } from './random-operations.ts';
import type { TestRunner } from './runner.ts';

/** Keys that trip up stores which use objects, or treat a falsy key as none. */
const ODD_KEYS = ['', ' ', '0', '__proto__', 'constructor', 'toString', 'clé', '\u{1F511}', 'a\0b'];

/** What JavaScript may pass for a key though the types forbid it. */
const NOT_KEYS = [1, 0, null, undefined, true, {}, ['a'], 1n, Symbol('a'), new Uint8Array(1)];

/**
 * Declares the tests that every {@link KeyValueStore} must pass.
 *
 * @param runner - `describe` and `it` of any test runner.
 * @param name - what the group of tests is called.
 * @param harness - makes stores and values, and compares values.
 *
 * @example
 * ```ts
 * import { InMemoryKeyValueStore } from '@kv/store';
 * import { describeKeyValueStore } from '@kv/store/conformance';
 * import { describe, it } from 'node:test';
 *
 * describeKeyValueStore({ describe, it }, 'InMemoryKeyValueStore', {
 *   create: () => new InMemoryKeyValueStore<string>(),
 *   value: (n) => `value ${n}`,
 *   equal: (a, b) => a === b,
 * });
 * ```
 */
export function describeKeyValueStore<V>(
  runner: TestRunner,
  name: string,
  harness: StoreHarness<V>,
  options: SuiteOptions = {},
): void {
  const make: Make<V> = (title, body) => {
    runner.it(title, () => body(harness.create({ clock: new ManualClock() })));
  };
  runner.describe(`${name} is a key-value store`, () => {
    readingAndWriting(make, harness);
    many(make, harness);
    refusals(make, harness);
    iteration(make, harness);
    const settings = { ...SUITE_DEFAULTS, ...options };
    make(`agrees with a model over random operations (seed ${settings.seed})`, (store) => {
      runRandomOperations({ store, harness, ...settings });
    });
  });
}

type Make<V> = (title: string, body: (store: KeyValueStore<V>) => void) => void;

function readingAndWriting<V>(test: Make<V>, harness: StoreHarness<V>): void {
  const value = (n: number) => harness.value(n);

  test('starts empty', (store) => {
    assertSame(store.size, 0, 'size');
    assertHolds(harness, store, new Map(), 'a new store');
  });

  test('answers what was set', (store) => {
    store.set('a', value(1));
    assertValue(harness, store.get('a'), 1, "get('a')");
    assertSame(store.has('a'), true, "has('a')");
    assertSame(store.size, 1, 'size');
  });

  test('answers undefined for an absent key', (store) => {
    assertSame(store.get('a'), undefined, "get('a')");
    assertSame(store.has('a'), false, "has('a')");
  });

  test('overwrites', (store) => {
    store.set('a', value(1));
    store.set('a', value(2));
    assertValue(harness, store.get('a'), 2, "get('a')");
    assertSame(store.size, 1, 'size');
  });

  test('deletes once', (store) => {
    store.set('a', value(1));
    store.set('b', value(2));
    assertSame(store.delete('a'), true, 'the first delete');
    assertSame(store.delete('a'), false, 'the second delete');
    assertSame(store.delete('never'), false, 'delete of an absent key');
    assertHolds(harness, store, new Map([['b', 2]]), 'after the delete');
    assertSame(store.size, 1, 'size');
  });

  test('sets again what was deleted', (store) => {
    store.set('a', value(1));
    store.delete('a');
    store.set('a', value(2));
    assertHolds(harness, store, new Map([['a', 2]]), 'after setting again');
  });

  test('clears everything and answers how many entries there were', (store) => {
    assertSame(store.clear(), 0, 'clear of an empty store');
    for (let n = 0; n < 100; n++) store.set(`key:${n}`, value(n));
    store.delete('key:7');
    assertSame(store.clear(), 99, 'clear');
    assertSame(store.size, 0, 'size');
    assertHolds(harness, store, new Map(), 'a cleared store');
    store.set('a', value(1));
    assertHolds(harness, store, new Map([['a', 1]]), 'a store used after clear');
  });

  test('takes any string for a key', (store) => {
    const expected = new Map(ODD_KEYS.map((key, n) => [key, n]));
    for (const key of ODD_KEYS) {
      assertSame(store.get(key), undefined, `get('${key}') before it was set`);
      assertSame(store.has(key), false, `has('${key}') before it was set`);
      assertSame(store.delete(key), false, `delete('${key}') before it was set`);
    }
    for (const [key, n] of expected) store.set(key, value(n));
    assertHolds(harness, store, expected, 'odd keys');
    for (const key of ODD_KEYS) assertSame(store.delete(key), true, `delete('${key}')`);
    assertSame(store.size, 0, 'size');
  });

  test('holds many entries', (store) => {
    for (let n = 0; n < 5000; n++) store.set(`key:${n}`, value(n));
    for (let n = 0; n < 5000; n += 2) store.delete(`key:${n}`);
    for (let n = 0; n < 5000; n++) {
      assertValue(harness, store.get(`key:${n}`), n % 2 ? n : undefined, `get('key:${n}')`);
    }
    assertSame(store.size, 2500, 'size');
  });
}

function many<V>(test: Make<V>, harness: StoreHarness<V>): void {
  const value = (n: number) => harness.value(n);

  test('sets many and answers how many pairs were given', (store) => {
    assertSame(store.setMany([]), 0, 'no pair');
    const pairs = new Map([
      ['a', value(1)],
      ['b', value(2)],
    ]);
    assertSame(store.setMany(pairs), 2, 'two pairs');
    const expected = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    assertHolds(harness, store, expected, 'after setMany');
  });

  test('lets the last of duplicate keys win, and counts each pair', (store) => {
    const count = store.setMany([
      ['a', value(1)],
      ['a', value(2)],
    ]);
    assertSame(count, 2, 'setMany');
    assertHolds(harness, store, new Map([['a', 2]]), 'after setMany');
  });

  test('takes pairs and keys from one-shot iterables', (store) => {
    const pairs = [1, 2, 3].map((n): [string, V] => [`key:${n}`, value(n)]);
    assertSame(store.setMany(pairs.values()), 3, 'setMany');
    assertSame(store.getMany(['key:1', 'key:3'].values()).length, 2, 'getMany');
    assertValue(harness, store.get('key:3'), 3, "get('key:3')");
  });

  test('gets many in the order asked, undefined where there is none', (store) => {
    store.set('a', value(1));
    store.set('b', value(2));
    const got = store.getMany(['b', 'none', 'a', 'b']);
    assertSame(got.length, 4, 'how many were answered');
    [2, undefined, 1, 2].forEach((n, i) => {
      assertValue(harness, got[i], n, `answer ${i}`);
    });
    assertSame(store.getMany([]), [], 'getMany of nothing');
  });

  test('checks every pair before the first write', (store) => {
    store.set('a', value(1));
    const bad = [
      ['a', value(2)],
      ['b', value(3)],
      [5, value(4)],
    ] as unknown as [string, V][];
    assertRefused(() => store.setMany(bad), 'INVALID_KEY', 'a number among the keys');
    const absent = [
      ['a', value(2)],
      ['b', undefined],
    ] as unknown as [string, V][];
    assertRefused(() => store.setMany(absent), 'INVALID_VALUE', 'undefined among the values');
    assertHolds(harness, store, new Map([['a', 1]]), 'after refused setMany calls');
  });
}

function refusals<V>(test: Make<V>, harness: StoreHarness<V>): void {
  const value = (n: number) => harness.value(n);

  test('refuses keys that are not strings', (store) => {
    store.set('1', value(1));
    for (const notKey of NOT_KEYS) {
      const key = notKey as unknown as string;
      const kind = typeof notKey;
      assertRefused(() => store.get(key), 'INVALID_KEY', `get of a ${kind}`);
      assertRefused(() => store.has(key), 'INVALID_KEY', `has of a ${kind}`);
      assertRefused(() => store.set(key, value(2)), 'INVALID_KEY', `set of a ${kind}`);
      assertRefused(() => store.delete(key), 'INVALID_KEY', `delete of a ${kind}`);
      assertRefused(() => store.getMany(['1', key]), 'INVALID_KEY', `getMany of a ${kind}`);
    }
    assertHolds(harness, store, new Map([['1', 1]]), 'after refused keys');
  });

  test('refuses undefined as a value and keeps the old one', (store) => {
    const nothing = undefined as unknown as V;
    store.set('a', value(1));
    assertRefused(() => store.set('a', nothing), 'INVALID_VALUE', 'over a value');
    assertRefused(() => store.set('b', nothing), 'INVALID_VALUE', 'under a new key');
    assertHolds(harness, store, new Map([['a', 1]]), 'after refused values');
  });
}

function iteration<V>(test: Make<V>, harness: StoreHarness<V>): void {
  const value = (n: number) => harness.value(n);
  const fill = (store: KeyValueStore<V>, count: number) => {
    for (let n = 0; n < count; n++) store.set(`key:${n}`, value(n));
  };

  test('iterates over every entry once', (store) => {
    fill(store, 50);
    const expected = new Map(Array.from({ length: 50 }, (_, n) => [`key:${n}`, n]));
    assertHolds(harness, store, expected, 'fifty entries');
  });

  test('lets every entry be deleted while it is iterated over', (store) => {
    fill(store, 100);
    const seen: string[] = [];
    for (const key of store.keys()) {
      seen.push(key);
      store.delete(key);
    }
    assertSame(new Set(seen).size, 100, 'how many keys came');
    assertSame(seen.length, 100, 'how often');
    assertSame(store.size, 0, 'size');
  });

  test('does not iterate over what is deleted before its turn', (store) => {
    fill(store, 100);
    let visited = 0;
    for (const [key] of store.entries()) {
      assertSame(store.has(key), true, `'${key}' is there when its turn comes`);
      visited++;
      for (const other of [...store.keys()]) {
        if (other !== key && store.size > 60) store.delete(other);
      }
    }
    assertSame(visited <= 60, true, `visited ${visited}, at most 60`);
  });

  test('iterates exactly once over what stays while others come and go', (store) => {
    fill(store, 100);
    const times = new Map<string, number>();
    let added = 0;
    for (const key of store.keys()) {
      times.set(key, (times.get(key) ?? 0) + 1);
      if (added < 1000) {
        for (let i = 0; i < 20; i++) store.set(`added:${added++}`, value(added));
        store.set(key, value(added));
        store.delete(`added:${added - 5}`);
      }
    }
    for (let n = 0; n < 100; n++) assertSame(times.get(`key:${n}`), 1, `visits of 'key:${n}'`);
    for (const [key, count] of times) assertSame(count, 1, `visits of '${key}'`);
  });

  test('clears while it is iterated over', (store) => {
    fill(store, 10);
    let visited = 0;
    for (const _ of store) {
      visited++;
      store.clear();
    }
    assertSame(visited, 1, 'how many entries came');
  });
}
