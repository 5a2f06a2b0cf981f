import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEVER } from './deadline.ts';
import { CHUNK_SLOTS, SlotChunk } from './slot-chunk.ts';
import { Slots } from './slots.ts';

/** What a store does with slots: it finds them by key, and gives back what has expired. */
class Entries {
  readonly slots = new Slots<number>(1000);
  readonly byKey = new Map<string, number>();

  add(key: string, value: number, deadline: number): void {
    this.byKey.set(key, this.slots.takeTimed(key, value, deadline));
  }

  remove(key: string): void {
    this.slots.give(this.byKey.get(key) as number);
    this.byKey.delete(key);
  }

  sweep(budget: number, now: number, alsoDo: (key: string) => void = () => {}): string[] {
    const told: string[] = [];
    this.slots.sweep(budget, now, (key) => {
      told.push(key);
      this.remove(key);
      alsoDo(key);
    });
    return told;
  }
}

function filled(count: number, deadline: (n: number) => number): Entries {
  const entries = new Entries();
  for (let n = 0; n < count; n++) entries.add(`${n}`, n, deadline(n));
  return entries;
}

describe('Slots', () => {
  it('keep key, value and deadline of each, over several chunks', () => {
    const { slots, byKey } = filled(5000, (n) => n + 1);
    for (const [key, slot] of byKey) {
      expect([slots.key(slot), slots.value(slot)]).toEqual([key, Number(key)]);
      expect(slots.deadline(slot)).toBe(Number(key) + 1);
    }
    expect([slots.timed, slots.countDue(4000)]).toEqual([5000, 4000]);
  });

  it('keep deadlines however far from the epoch they are', () => {
    const slots = new Slots<number>(1.8e12);
    for (const deadline of [
      1,
      1.8e12 - 2 ** 31,
      1.8e12,
      1.8e12 + 2 ** 31,
      Number.MAX_SAFE_INTEGER,
    ]) {
      expect(slots.deadline(slots.takeTimed('a', 0, deadline))).toBe(deadline);
    }
    expect(slots.deadline(slots.take('a', 0))).toBe(NEVER);
  });

  it('are taken again before new ones', () => {
    const entries = filled(3000, () => 5);
    const before = new Set(entries.byKey.values());
    for (let n = 0; n < 3000; n += 2) entries.remove(`${n}`);
    for (let n = 0; n < 1500; n++) {
      const slot = entries.slots.take(`again:${n}`, n);
      expect(before.has(slot)).toBe(true);
      entries.byKey.set(`again:${n}`, slot);
    }
    expect(new Set(entries.byKey.values())).toEqual(before);
  });

  it('sweep over chunks where nothing is due with one look each', () => {
    const entries = filled(20 * CHUNK_SLOTS, (n) => (n === 20 * CHUNK_SLOTS - 1 ? 7 : 9));
    expect(entries.sweep(19, 8)).toEqual([]);
    expect(entries.sweep(CHUNK_SLOTS, 8)).toEqual([`${20 * CHUNK_SLOTS - 1}`]);
    expect(entries.slots.timed).toBe(20 * CHUNK_SLOTS - 1);
  });

  it('tell in one sweep once of all that are due, whatever expire adds and removes', () => {
    const change = fc.record({ adds: fc.nat(3), removes: fc.nat(4000) });
    fc.assert(
      fc.property(fc.nat(3000), fc.array(change, { maxLength: 8 }), (looks, changes) => {
        const entries = filled(3000, (n) => (n % 2 ? 5 : 9));
        const early = entries.sweep(looks, 5);
        const removed = new Set<string>();
        let step = 0;
        const told = entries.sweep(Number.POSITIVE_INFINITY, 5, (key) => {
          const { adds, removes } = changes[step++ % (changes.length || 1)] ?? {
            adds: 0,
            removes: 0,
          };
          for (let n = 0; n < adds; n++) entries.add(`${key}+${n}`, n, 9);
          if (!entries.byKey.has(`${removes}`)) return;
          entries.remove(`${removes}`);
          removed.add(`${removes}`);
        });
        const all = [...early, ...told];
        expect(new Set(all).size).toBe(all.length);
        for (let n = 1; n < 3000; n += 2) {
          expect(all.includes(`${n}`)).toBe(!removed.has(`${n}`));
        }
        expect(entries.slots.countDue(5)).toBe(0);
        expect(entries.slots.timed).toBe(entries.byKey.size);
      }),
      { numRuns: 30 },
    );
  });
});

describe('SlotChunk', () => {
  it('gives its memory back with its last entry, and can be used again', () => {
    const chunk = new SlotChunk<number>(1 + CHUNK_SLOTS);
    const slots = Array.from({ length: CHUNK_SLOTS }, (_, n) => chunk.first + n);
    for (const slot of slots) chunk.fill(slot, 'a', slot, 5);
    for (const slot of slots) {
      expect(chunk.capacity).toBe(CHUNK_SLOTS);
      chunk.give(slot);
    }
    expect([chunk.capacity, chunk.countDue(5), chunk.due(slots[0] as number)]).toEqual([
      0,
      0,
      NEVER,
    ]);
    const again = slots.map(() => chunk.takeBack());
    expect(again).toEqual(slots);
    expect(chunk.hasRoom).toBe(false);
  });
});
