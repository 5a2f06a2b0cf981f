import type { ExpiringStore, SetOptions } from '../expiring-store.ts';
import { assertRefused, assertSame } from './assertions.ts';
import {
  assertHolds,
  assertValue,
  type ExpiringStoreHarness,
  type ExpiringTest,
} from './harness.ts';

/** Refused as a TTL and as a deadline, wherever one is given. */
const NEVER_TIMES = [
  ...[Number.NaN, 1.5, -1.5, 2 ** 53, -(2 ** 53), 2 ** 63],
  ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...['5', '', 5n, true, null, {}, [5], new Date(5), Symbol('5')],
] as number[];

/** Refused by `set` only; `expire` and `expireAt` delete on them. */
const PAST_TIMES = [0, -0, -1, Number.MIN_SAFE_INTEGER];

/** Tests about giving, keeping, changing and refusing TTLs. */
export function describeTtlOptions<V>(test: ExpiringTest<V>, harness: ExpiringStoreHarness<V>) {
  overwriting(test, harness);
  rescheduling(test, harness);
  refusing(test, harness);
}

function overwriting<V>(test: ExpiringTest<V>, harness: ExpiringStoreHarness<V>): void {
  const value = (n: number) => harness.value(n);
  const writes: [string, (store: ExpiringStore<V>, options?: SetOptions) => unknown][] = [
    ['set', (store, options) => store.set('a', value(2), options)],
    ['setMany', (store, options) => store.setMany([['a', value(2)]], options)],
  ];
  for (const [method, write] of writes) {
    const overwritten = (store: ExpiringStore<V>, ttlMs: number | undefined) => {
      assertValue(harness, store.get('a'), 2, "get('a')");
      assertSame(store.ttlMs('a'), ttlMs, "ttlMs('a')");
    };

    test(`clears the TTL on overwriting with ${method}`, (store, clock) => {
      for (const options of [undefined, {}, { keepTtl: false }]) {
        store.set('a', value(1), { ttlMs: 100 });
        write(store, options);
        overwritten(store, undefined);
      }
      clock.advance(100);
      overwritten(store, undefined);
    });

    test(`keeps the TTL on overwriting with ${method} and keepTtl`, (store, clock) => {
      store.set('a', value(1), { ttlMs: 100 });
      clock.advance(40);
      write(store, { keepTtl: true });
      overwritten(store, 60);
      clock.advance(60);
      assertSame(store.get('a'), undefined, 'at the kept deadline');
    });

    test(`invents no TTL with ${method} and keepTtl`, (store) => {
      write(store, { keepTtl: true });
      overwritten(store, undefined);
      write(store, { keepTtl: true });
      overwritten(store, undefined);
    });

    test(`replaces the TTL with ${method}, by a longer or a shorter one`, (store, clock) => {
      store.set('a', value(1), { ttlMs: 100 });
      write(store, { ttlMs: 200 });
      overwritten(store, 200);
      clock.advance(150);
      overwritten(store, 50);
      write(store, { deadline: clock.now() + 10 });
      overwritten(store, 10);
      clock.advance(10);
      assertSame(store.has('a'), false, 'at the last deadline');
    });

    test(`leaves nothing under a deadline in the past with ${method}`, (store, clock) => {
      store.set('a', value(1));
      for (const deadline of [1, clock.now() - 1, clock.now()]) {
        write(store, { deadline });
        assertSame(store.get('a'), undefined, `after deadline ${deadline}`);
      }
      store.sweep(Number.POSITIVE_INFINITY);
      assertSame(store.size, 0, 'size');
    });
  }

  test('gives every pair of setMany the same deadline', (store, clock) => {
    const pairs = [1, 2, 3].map((n): [string, V] => [`key:${n}`, value(n)]);
    assertSame(store.setMany(pairs, { ttlMs: 100 }), 3, 'setMany');
    for (const [key] of pairs) assertSame(store.deadline(key), clock.now() + 100, key);
    clock.advance(100);
    assertHolds(harness, store, new Map(), 'at the deadline');
  });
}

function rescheduling<V>(test: ExpiringTest<V>, harness: ExpiringStoreHarness<V>): void {
  const value = (n: number) => harness.value(n);

  test('gives a TTL to an entry and changes it', (store, clock) => {
    store.set('a', value(1));
    assertSame(store.expire('a', 100), true, 'expire');
    assertSame(store.ttlMs('a'), 100, 'ttlMs');
    assertSame(store.expireAt('a', clock.now() + 50), true, 'expireAt');
    assertSame(store.ttlMs('a'), 50, 'ttlMs after expireAt');
    assertSame(store.expire('a', 500), true, 'expire again');
    clock.advance(499);
    assertValue(harness, store.get('a'), 1, 'before the deadline');
    clock.advance(1);
    assertSame(store.get('a'), undefined, 'at the deadline');
  });

  test('persists: removes the TTL and keeps the value', (store, clock) => {
    store.set('a', value(1), { ttlMs: 100 });
    assertSame(store.persist('a'), true, 'persist');
    assertSame(store.persist('a'), false, 'persist again');
    assertSame(store.ttlMs('a'), undefined, 'ttlMs');
    clock.advance(100);
    store.sweep(Number.POSITIVE_INFINITY);
    assertValue(harness, store.get('a'), 1, 'after the former deadline');
  });

  test('deletes on expire with 0 or less', (store) => {
    for (const ttlMs of PAST_TIMES) {
      store.set('a', value(1), { ttlMs: 1000 });
      assertSame(store.expire('a', ttlMs), true, `expire with ${ttlMs}`);
      assertSame(store.has('a'), false, `has after expire with ${ttlMs}`);
      assertSame(store.size, 0, `size after expire with ${ttlMs}`);
    }
  });

  test('deletes on expireAt with a deadline that has come', (store, clock) => {
    for (const deadline of [...PAST_TIMES, 1, clock.now() - 1, clock.now()]) {
      store.set('a', value(1), { ttlMs: 1000 });
      assertSame(store.expireAt('a', deadline), true, `expireAt with ${deadline}`);
      assertSame(store.has('a'), false, `has after expireAt with ${deadline}`);
      assertSame(store.size, 0, `size after expireAt with ${deadline}`);
    }
  });

  test('takes deadlines up to 2^53-1', (store, clock) => {
    const last = Number.MAX_SAFE_INTEGER;
    store.set('a', value(1), { deadline: last });
    store.set('b', value(2), { ttlMs: last - clock.now() });
    store.set('c', value(3));
    assertSame(store.expireAt('c', last), true, 'expireAt');
    clock.advance(last - clock.now() - 1);
    for (const key of ['a', 'b', 'c']) {
      assertSame(store.deadline(key), last, `deadline('${key}')`);
      assertSame(store.ttlMs(key), 1, `ttlMs('${key}')`);
    }
    clock.advance(1);
    assertHolds(harness, store, new Map(), 'at the end of time');
  });
}

function refusing<V>(test: ExpiringTest<V>, harness: ExpiringStoreHarness<V>): void {
  const value = (n: number) => harness.value(n);

  /** Runs `attempts` over an entry with a TTL, and checks that all left it alone. */
  const refuses = (title: string, code: string, attempts: Attempts<V>) => {
    test(title, (store, clock) => {
      store.set('a', value(1), { ttlMs: 1000 });
      for (const [claim, attempt] of attempts(clock.now())) {
        assertRefused(() => attempt(store), code, claim);
        assertHolds(harness, store, new Map([['a', 1]]), `after ${claim}`);
        assertSame(store.ttlMs('a'), 1000, `ttlMs after ${claim}`);
      }
    });
  };
  const writing = (claim: string, options: SetOptions): Attempt<V>[] => [
    [`set with ${claim}`, (store) => store.set('a', value(2), options)],
    [`set of a new key with ${claim}`, (store) => store.set('b', value(2), options)],
    [
      `setMany with ${claim}`,
      (store) => {
        store.setMany(
          [
            ['b', value(3)],
            ['a', value(2)],
          ],
          options,
        );
      },
    ],
  ];

  refuses('refuses a bad TTL in set and keeps the old entry', 'INVALID_TTL', (now) =>
    [...NEVER_TIMES, ...PAST_TIMES, Number.MAX_SAFE_INTEGER - now + 1].flatMap((ttlMs) =>
      writing(`a TTL of ${String(ttlMs)}`, { ttlMs }),
    ),
  );
  refuses('refuses a bad deadline in set and keeps the old entry', 'INVALID_TTL', () =>
    [...NEVER_TIMES, ...PAST_TIMES].flatMap((deadline) =>
      writing(`a deadline of ${String(deadline)}`, { deadline }),
    ),
  );
  refuses('refuses two of ttlMs, deadline and keepTtl', 'INVALID_TTL', (now) => [
    ...writing('ttlMs and deadline', { ttlMs: 5, deadline: now + 5 }),
    ...writing('ttlMs and keepTtl', { ttlMs: 5, keepTtl: true }),
    ...writing('deadline and keepTtl', { deadline: now + 5, keepTtl: true }),
  ]);
  refuses('refuses options that are not an object', 'INVALID_ARGUMENT', () =>
    [5, '5', null, true].flatMap((options) =>
      writing(`options ${options}`, options as unknown as SetOptions),
    ),
  );
  refuses('refuses options that do not exist', 'INVALID_ARGUMENT', () =>
    writing('an option ttl', { ttl: 5 } as unknown as SetOptions),
  );
  refuses('refuses a bad time in expire and expireAt', 'INVALID_TTL', () =>
    NEVER_TIMES.flatMap((time): Attempt<V>[] => [
      [`expire with ${String(time)}`, (store) => store.expire('a', time)],
      [`expireAt with ${String(time)}`, (store) => store.expireAt('a', time)],
      [`expire of an absent key with ${String(time)}`, (store) => store.expire('none', time)],
    ]),
  );
  refuses('refuses keys that are not strings in the methods about TTLs', 'INVALID_KEY', (now) => {
    const key = 5 as unknown as string;
    return [
      ['ttlMs', (store) => store.ttlMs(key)],
      ['deadline', (store) => store.deadline(key)],
      ['expire', (store) => store.expire(key, 5)],
      ['expireAt', (store) => store.expireAt(key, now + 5)],
      ['persist', (store) => store.persist(key)],
      ['set with a TTL', (store) => store.set(key, value(2), { ttlMs: 5 })],
    ];
  });
}

type Attempt<V> = [claim: string, attempt: (store: ExpiringStore<V>) => unknown];
type Attempts<V> = (now: number) => Attempt<V>[];
