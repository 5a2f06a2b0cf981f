import type { ExpiringStore } from '../expiring-store.ts';
import { assertRefused, assertSame } from './assertions.ts';
import {
  assertHolds,
  assertValue,
  type ExpiringStoreHarness,
  type ExpiringTest,
} from './harness.ts';

/** What every method answers for an absent key, an expired one included. */
const ABSENT_ANSWERS: [string, (store: ExpiringStore<unknown>) => unknown, unknown][] = [
  ['get', (store) => store.get('a'), undefined],
  ['getMany', (store) => store.getMany(['a']), [undefined]],
  ['has', (store) => store.has('a'), false],
  ['delete', (store) => store.delete('a'), false],
  ['ttlMs', (store) => store.ttlMs('a'), undefined],
  ['deadline', (store) => store.deadline('a'), undefined],
  ['expire', (store) => store.expire('a', 1000), false],
  ['expire with 0', (store) => store.expire('a', 0), false],
  ['expireAt', (store) => store.expireAt('a', Number.MAX_SAFE_INTEGER), false],
  ['persist', (store) => store.persist('a'), false],
  ['keys', (store) => [...store.keys()], []],
  ['values', (store) => [...store.values()], []],
  ['entries', (store) => [...store.entries()], []],
  ['iteration', (store) => [...store], []],
];

/** Tests about deadlines that come: what is seen, and what a sweep brings back. */
export function describeDeadlines<V>(test: ExpiringTest<V>, harness: ExpiringStoreHarness<V>) {
  visibility(test, harness);
  dropping(test, harness);
  sweeping(test, harness);
}

function visibility<V>(test: ExpiringTest<V>, harness: ExpiringStoreHarness<V>): void {
  const value = (n: number) => harness.value(n);

  for (const [method, ask, answer] of ABSENT_ANSWERS) {
    test(`hides an expired entry from ${method}, first and again`, (store, clock) => {
      store.set('a', value(1), { ttlMs: 100 });
      clock.advance(100);
      assertSame(ask(store), answer, `${method} of an expired key`);
      assertSame(ask(store), answer, `${method} of an expired key, again`);
      assertSame(store.get('a'), undefined, `get after ${method}`);
    });
  }

  test('answers for an absent key as for an expired one', (store) => {
    for (const [method, ask, answer] of ABSENT_ANSWERS) {
      assertSame(ask(store), answer, `${method} of an absent key`);
    }
  });

  test('expires at the millisecond of the deadline, not before', (store, clock) => {
    store.set('a', value(1), { ttlMs: 100 });
    clock.advance(99);
    assertValue(harness, store.get('a'), 1, 'one millisecond before');
    assertSame(store.ttlMs('a'), 1, 'ttlMs one millisecond before');
    assertHolds(harness, store, new Map([['a', 1]]), 'one millisecond before');
    clock.advance(1);
    assertSame(store.get('a'), undefined, 'at the deadline');
  });

  test('expires only what is due', (store, clock) => {
    store.set('a', value(1), { ttlMs: 100 });
    store.set('b', value(2), { ttlMs: 200 });
    store.set('c', value(3));
    clock.advance(100);
    const left = new Map([
      ['b', 2],
      ['c', 3],
    ]);
    assertHolds(harness, store, left, 'after the first deadline');
    clock.advance(100);
    assertHolds(harness, store, new Map([['c', 3]]), 'after the second deadline');
    clock.advance(1e12);
    assertHolds(harness, store, new Map([['c', 3]]), 'decades later');
  });

  test('does not iterate over what expires before its turn', (store, clock) => {
    for (let n = 0; n < 10; n++) store.set(`key:${n}`, value(n), { ttlMs: 100 });
    let visited = 0;
    for (const _ of store.keys()) {
      visited++;
      clock.advance(100);
    }
    assertSame(visited, 1, 'how many keys came');
  });

  test('answers TTL and deadline, undefined where there is none', (store, clock) => {
    const start = clock.now();
    store.set('a', value(1), { ttlMs: 5000 });
    store.set('b', value(2));
    assertSame(store.ttlMs('a'), 5000, "ttlMs('a')");
    assertSame(store.deadline('a'), start + 5000, "deadline('a')");
    clock.advance(4000);
    assertSame(store.ttlMs('a'), 1000, "ttlMs('a') later");
    assertSame(store.deadline('a'), start + 5000, "deadline('a') later");
    assertSame(store.ttlMs('b'), undefined, "ttlMs('b')");
    assertSame(store.deadline('b'), undefined, "deadline('b')");
    assertSame(store.has('b'), true, "has('b')");
  });

  test('takes __proto__ for a key with a TTL', (store, clock) => {
    store.set('__proto__', value(1), { ttlMs: 100 });
    assertSame(store.ttlMs('__proto__'), 100, "ttlMs('__proto__')");
    assertSame(store.ttlMs('constructor'), undefined, "ttlMs('constructor')");
    clock.advance(100);
    assertSame(store.has('__proto__'), false, "has('__proto__')");
  });
}

function dropping<V>(test: ExpiringTest<V>, harness: ExpiringStoreHarness<V>): void {
  const value = (n: number) => harness.value(n);
  const gone: [string, (store: ExpiringStore<V>, advance: (ms: number) => void) => void][] = [
    ['deleting', (store) => store.delete('a')],
    ['clearing', (store) => store.clear()],
    ['expiring', (_, advance) => advance(100)],
    ['expire with 0', (store) => store.expire('a', 0)],
    ['expireAt in the past', (store) => store.expireAt('a', 1)],
  ];
  for (const [how, remove] of gone) {
    test(`drops the TTL with the entry on ${how}`, (store, clock) => {
      store.set('a', value(1), { ttlMs: 100 });
      remove(store, (ms) => clock.advance(ms));
      store.set('a', value(2), { keepTtl: true });
      assertSame(store.ttlMs('a'), undefined, 'ttlMs of the new entry');
      assertSame(store.persist('a'), false, 'persist of the new entry');
      clock.advance(1000);
      assertValue(harness, store.get('a'), 2, 'the new entry');
    });
  }

  test('sets anew what has expired', (store, clock) => {
    store.set('a', value(1), { ttlMs: 100 });
    clock.advance(100);
    store.set('a', value(2), { ttlMs: 300 });
    assertSame(store.ttlMs('a'), 300, "ttlMs('a')");
    clock.advance(200);
    assertValue(harness, store.get('a'), 2, "get('a')");
    store.sweep(Number.POSITIVE_INFINITY);
    assertSame(store.size, 1, 'size');
  });
}

function sweeping<V>(test: ExpiringTest<V>, harness: ExpiringStoreHarness<V>): void {
  const value = (n: number) => harness.value(n);
  const all = Number.POSITIVE_INFINITY;

  test('sweeps what has expired and nothing else', (store, clock) => {
    assertSame(store.sweep(all), 0, 'sweep of an empty store');
    for (let n = 0; n < 30; n++) {
      if (n % 3 === 2) store.set(`key:${n}`, value(n));
      else store.set(`key:${n}`, value(n), { ttlMs: n % 3 === 0 ? 100 : 200 });
    }
    assertSame(store.sweep(all), 0, 'sweep before anything is due');
    clock.advance(100);
    assertSame(store.sweep(all), 10, 'sweep after the first deadline');
    assertSame(store.size, 20, 'size after the first sweep');
    clock.advance(100);
    assertSame(store.sweep(1e6), 10, 'sweep after the second deadline');
    assertSame(store.size, 10, 'size after the second sweep');
    assertSame(store.sweep(all), 0, 'sweep when all is done');
    const left = new Map(Array.from({ length: 10 }, (_, i) => [`key:${3 * i + 2}`, 3 * i + 2]));
    assertHolds(harness, store, left, 'what never expires');
  });

  test('sweeps no more than its budget, going on where it stopped', (store, clock) => {
    for (let n = 0; n < 200; n++) {
      store.set(`key:${n}`, value(n), { ttlMs: n < 100 ? 100 : 1e6 });
    }
    clock.advance(100);
    let removed = 0;
    // Two passes at most, wherever a pass begins and in whatever order it goes.
    for (let sweeps = 0; sweeps < 40; sweeps++) {
      const now = store.sweep(10);
      assertSame(now <= 10, true, `a sweep with budget 10 removed ${now}`);
      removed += now;
    }
    assertSame(removed, 100, 'removed in all');
    assertSame(store.size, 100, 'size');
  });

  test('brings back, with the smallest budget, all that expires', (store, clock) => {
    for (let n = 0; n < 20; n++) store.set(`key:${n}`, value(n), { ttlMs: 100 });
    clock.advance(100);
    for (let sweeps = 0; sweeps < 20; sweeps++) store.sweep(1);
    assertSame(store.size, 0, 'size');
  });

  test('refuses a budget that is not a whole number from 1 on', (store) => {
    for (const budget of [0, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, '9', undefined]) {
      const sweep = () => store.sweep(budget as number);
      assertRefused(sweep, 'INVALID_ARGUMENT', `sweep(${budget})`);
    }
  });
}
