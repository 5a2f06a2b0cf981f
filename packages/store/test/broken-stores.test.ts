import { describe, expect, it } from 'vitest';
import { describeExpiringStore, describeKeyValueStore } from '../src/conformance/index.ts';
import type { Clock, SetOptions } from '../src/index.ts';
import { ExpiringKeyValueStore, InMemoryKeyValueStore } from '../src/index.ts';

/** Runs a suite at once and answers the names of the tests that failed. */
function failuresOf(
  create: (options: { clock: Clock }) => ExpiringKeyValueStore<string>,
): string[] {
  const failures: string[] = [];
  const runner = {
    describe: (_: string, body: () => void) => body(),
    it: (name: string, body: () => void) => {
      try {
        body();
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        failures.push(name);
      }
    },
  };
  describeExpiringStore(
    runner,
    'a store',
    { create, value: (n) => `value ${n}`, equal: (a, b) => a === b },
    { operations: 2000 },
  );
  return failures;
}

type Store = ExpiringKeyValueStore<string>;
const Base = ExpiringKeyValueStore<string>;

/** Each has one bug. The test named beside it must see it, whatever others see. */
const broken: Record<string, [seenBy: RegExp, store: typeof Base]> = {
  'keeps the TTL on overwriting': [
    /^clears the TTL on overwriting with set$/,
    class extends Base {
      override set(key: string, value: string, options: SetOptions = { keepTtl: true }) {
        super.set(key, value, options);
      }
    },
  ],
  'ignores keepTtl': [
    /^keeps the TTL on overwriting with set and keepTtl$/,
    class extends Base {
      override set(key: string, value: string, options?: SetOptions) {
        super.set(key, value, options?.keepTtl ? {} : options);
      }
    },
  ],
  'forgets the TTL in setMany': [
    /^gives every pair of setMany the same deadline$/,
    class extends Base {
      override setMany(pairs: Iterable<readonly [string, string]>) {
        return super.setMany(pairs);
      }
    },
  ],
  'shows an expired entry to get': [
    /^hides an expired entry from get,/,
    class extends Base {
      readonly last = new Map<string, string>();
      override set(key: string, value: string, options?: SetOptions) {
        super.set(key, value, options);
        this.last.set(key, value);
      }
      override delete(key: string) {
        this.last.delete(key);
        return super.delete(key);
      }
      override get(key: string) {
        return super.get(key) ?? this.last.get(key);
      }
    },
  ],
  'shows expired entries to iteration': [
    /^hides an expired entry from keys,/,
    class extends Base {
      readonly all = new Set<string>();
      override set(key: string, value: string, options?: SetOptions) {
        super.set(key, value, options);
        this.all.add(key);
      }
      override delete(key: string) {
        this.all.delete(key);
        return super.delete(key);
      }
      override *keys() {
        yield* this.all;
      }
    },
  ],
  'expires a millisecond late': [
    /^expires at the millisecond of the deadline/,
    class extends Base {
      override set(key: string, value: string, options?: SetOptions) {
        const ttlMs = options?.ttlMs;
        super.set(key, value, typeof ttlMs === 'number' ? { ttlMs: ttlMs + 1 } : options);
      }
      override ttlMs(key: string) {
        const ttlMs = super.ttlMs(key);
        return ttlMs === undefined ? undefined : ttlMs - 1;
      }
    },
  ],
  'leaves the TTL behind on delete': [
    /^drops the TTL with the entry on deleting$/,
    class extends Base {
      readonly left = new Map<string, number>();
      override delete(key: string) {
        const deadline = this.deadline(key);
        if (deadline !== undefined) this.left.set(key, deadline);
        return super.delete(key);
      }
      override set(key: string, value: string, options?: SetOptions) {
        super.set(key, value, options);
        const deadline = this.left.get(key);
        if (options?.keepTtl && deadline !== undefined) this.expireAt(key, deadline);
        this.left.delete(key);
      }
    },
  ],
  'destroys the old value when it refuses a TTL': [
    /^refuses a bad TTL in set/,
    class extends Base {
      override set(key: string, value: string, options?: SetOptions) {
        this.delete(key);
        super.set(key, value, options);
      }
    },
  ],
  'takes a TTL of 0 in set': [
    /^refuses a bad TTL in set/,
    class extends Base {
      override set(key: string, value: string, options?: SetOptions) {
        if (options?.ttlMs === 0) this.delete(key);
        else super.set(key, value, options);
      }
    },
  ],
  'takes fractions for a TTL': [
    /^refuses a bad TTL in set/,
    class extends Base {
      override set(key: string, value: string, options?: SetOptions) {
        const ttlMs = options?.ttlMs;
        super.set(key, value, ttlMs === 1.5 ? { ttlMs: 1 } : options);
      }
    },
  ],
  'ignores expire with 0': [
    /^deletes on expire with 0 or less$/,
    class extends Base {
      override expire(key: string, ttlMs: number) {
        return ttlMs === 0 ? this.has(key) : super.expire(key, ttlMs);
      }
    },
  ],
  'answers true to every persist': [
    /^persists: removes the TTL/,
    class extends Base {
      override persist(key: string) {
        super.persist(key);
        return this.has(key);
      }
    },
  ],
  'sweeps beyond its budget': [
    /^sweeps no more than its budget/,
    class extends Base {
      override sweep(budget: number) {
        return super.sweep(budget * 2);
      }
    },
  ],
  'never sweeps more than the first entries': [
    /^sweeps what has expired and nothing else$/,
    class extends Base {
      override sweep(budget: number) {
        return super.sweep(Math.min(budget, 3));
      }
    },
  ],
  'turns numbers into keys': [
    /^refuses keys that are not strings$/,
    class extends Base {
      override get(key: string) {
        return super.get(typeof key === 'number' ? String(key) : key);
      }
    },
  ],
  'stores undefined': [
    /^refuses undefined as a value/,
    class extends Base {
      override set(key: string, value: string, options?: SetOptions) {
        super.set(key, value ?? 'undefined', options);
      }
    },
  ],
  'has no key __proto__': [
    /^takes any string for a key$/,
    class extends Base {
      override has(key: string) {
        return key in {} || super.has(key);
      }
    },
  ],
  'writes in setMany before it has checked everything': [
    /^checks every pair before the first write$/,
    class extends Base {
      override setMany(pairs: Iterable<readonly [string, string]>, options?: SetOptions) {
        let count = 0;
        for (const [key, value] of pairs) {
          this.set(key, value, options);
          count++;
        }
        return count;
      }
    },
  ],
  'counts duplicate keys once in setMany': [
    /^lets the last of duplicate keys win/,
    class extends Base {
      override setMany(pairs: Iterable<readonly [string, string]>, options?: SetOptions) {
        const all = [...pairs];
        super.setMany(all, options);
        return new Set(all.map(([key]) => key)).size;
      }
    },
  ],
  'drops absent keys from getMany': [
    /^gets many in the order asked/,
    class extends Base {
      override getMany(keys: Iterable<string>) {
        return super.getMany(keys).filter((value) => value !== undefined);
      }
    },
  ],
  'answers nothing to clear': [
    /^clears everything and answers how many/,
    class extends Base {
      override clear() {
        super.clear();
        return 0;
      }
    },
  ],
  'iterates over a copy of the keys': [
    /^does not iterate over what is deleted before its turn$/,
    class extends Base {
      override *entries() {
        yield* [...super.entries()];
      }
    },
  ],
  'forgets an entry now and then': [
    /^agrees with a model over random operations/,
    class extends Base {
      sets = 0;
      override set(key: string, value: string, options?: SetOptions) {
        super.set(key, value, options);
        if (++this.sets === 7) this.delete(key);
      }
    },
  ],
};

describe('the conformance suite', () => {
  it('finds no fault with a store that has none', () => {
    expect(failuresOf(({ clock }) => new Base({ clock }))).toEqual([]);
  });

  for (const [bug, [seenBy, BrokenStore]] of Object.entries(broken)) {
    it(`fails a store that ${bug}`, () => {
      const failures = failuresOf(({ clock }): Store => new BrokenStore({ clock }));
      expect(failures).toEqual(expect.arrayContaining([expect.stringMatching(seenBy)]));
    });
  }

  it('names the seed and the operation when the random operations fail', () => {
    class Forgetful extends InMemoryKeyValueStore<string> {
      override get(key: string) {
        return key === 'key:7' ? undefined : super.get(key);
      }
    }
    const messages: string[] = [];
    const runner = {
      describe: (_: string, body: () => void) => body(),
      it: (_: string, body: () => void) => {
        try {
          body();
        } catch (error) {
          messages.push((error as Error).message);
        }
      },
    };
    const harness = {
      create: () => new Forgetful(),
      value: (n: number) => `value ${n}`,
      equal: (a: string, b: string) => a === b,
    };
    describeKeyValueStore(runner, 'a store', harness, { seed: 20_26 });
    expect(messages.filter((message) => /^seed 2026, operation \d+: /.test(message))).toHaveLength(
      1,
    );
  });
});
