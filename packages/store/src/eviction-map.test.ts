import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvictionMap } from './eviction-map.ts';
import type { EvictionPolicy } from './eviction-order.ts';

/** The same in the plainest way: keys in an array, the next victim first. */
class Model {
  readonly values = new Map<string, number>();
  readonly policy: EvictionPolicy;
  order: string[] = [];
  /** Under sieve: what was used, and whom the hand points at. */
  readonly marked = new Set<string>();
  hand: string | undefined;

  constructor(policy: EvictionPolicy) {
    this.policy = policy;
  }

  use(key: string): void {
    const known = this.order.includes(key);
    if (known && this.policy === 'sieve') this.marked.add(key);
    if (known && this.policy !== 'lru') return;
    this.forget(key);
    this.order.push(key);
  }

  victim(): string | undefined {
    if (this.policy !== 'sieve' || this.order.length < 2) return this.order[0];
    // Not the newest: it was set after the need for room arose.
    const candidates = this.order.slice(0, -1);
    let at = Math.max(0, candidates.indexOf(this.hand ?? ''));
    while (this.marked.delete(candidates[at] as string)) at = (at + 1) % candidates.length;
    this.hand = candidates[at];
    return this.hand;
  }

  forget(key: string): void {
    if (key === this.hand) this.hand = this.order[this.order.indexOf(key) + 1];
    this.marked.delete(key);
    this.order = this.order.filter((other) => other !== key);
  }
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__');
const action = fc.oneof(
  fc.tuple(fc.constant('set' as const), key, fc.nat(9)),
  fc.tuple(fc.constantFrom('get' as const, 'peek' as const, 'delete' as const), key),
  fc.tuple(fc.constant('evict' as const)),
);

describe('EvictionMap', () => {
  for (const policy of ['lru', 'fifo', 'sieve'] as const) {
    it(`names the victim that a list kept by hand names, under ${policy}`, () => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
          const map = new EvictionMap<number>(policy);
          const model = new Model(policy);
          for (const [kind, key = map.victim() ?? 'none', value = 0] of actions) {
            if (kind === 'set') {
              map.set(key, value);
              model.values.set(key, value);
              model.use(key);
            } else if (kind === 'get') {
              expect(map.get(key)).toBe(model.values.get(key));
              if (model.values.has(key)) model.use(key);
            } else if (kind === 'peek') {
              expect(map.peek(key)).toBe(model.values.get(key));
            } else {
              expect(map.delete(key)).toBe(model.values.delete(key));
              model.forget(key);
            }
            expect(map.victim()).toBe(model.victim());
            expect([...map.entries()]).toEqual([...model.values]);
          }
        }),
      );
    });
  }
});
