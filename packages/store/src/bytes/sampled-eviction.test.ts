import { describe, expect, it } from 'vitest';
import { OneRange } from './byte-ranges.ts';
import { ByteStore } from './byte-store.ts';
import { checkInvariants } from './invariants.ts';

const KEYS = 200_000;
const VALUE = new Uint8Array(64);

describe('where few entries may go', () => {
  it.each(['volatile-lru', 'volatile-ttl', 'volatile-random'] as const)(
    '%s finds them in bounded steps, and refuses only when there are none',
    (policy) => {
      let draws = 0;
      let state = 7;
      const random = () => {
        draws++;
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return (state >>> 0) / 2 ** 32;
      };
      const store = new ByteStore({ random, hashSecret: [1, 2] });
      store.now = 1;
      const db = store.at(0);
      const range = new OneRange();
      // One in 5,000 has a deadline.
      for (let n = 0; n < KEYS; n++)
        db.set(range.take(`key:${n}`), 0, VALUE, 0, 64, 0, n % 5_000 === 0 ? 1e9 : 0);
      expect(db.expiringSize).toBe(40);
      store.limit(2 ** 20, policy);
      let calls = 0;
      for (; store.makeRoom(); calls++) {
        expect(draws).toBeLessThan(5_000);
        draws = 0;
        expect(calls).toBeLessThan(KEYS);
      }
      expect(db.expiringSize).toBe(0);
      expect(store.evicted).toBe(40);
      expect(db.size).toBe(KEYS - 40);
      checkInvariants(store);
    },
  );
});
