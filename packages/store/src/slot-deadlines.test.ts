import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvictionMap } from './eviction-map.ts';

describe('SlotDeadlines', () => {
  it('agrees with a Map, whatever is set, deleted, persisted and swept', () => {
    const step = fc.record({ key: fc.nat(150), deadline: fc.integer({ min: 1, max: 100 }) });
    const steps = fc.array(fc.tuple(step, fc.nat(9)), { maxLength: 600 });
    fc.assert(
      fc.property(steps, (steps) => {
        const map = new EvictionMap<number>('lru');
        const model = new Map<string, number>();
        for (const [{ key, deadline }, kind] of steps) {
          const name = `key:${key}`;
          if (kind < 5) {
            map.set(name, key);
            map.deadlines.set(name, deadline);
            model.set(name, deadline);
          } else if (kind === 5) {
            map.set(name, key);
          } else if (kind === 6) {
            map.delete(name);
            model.delete(name);
          } else if (kind === 7) {
            expect(map.deadlines.delete(name)).toBe(model.delete(name));
          } else {
            const due = [...model].filter(([, at]) => at <= deadline).map(([due]) => due);
            expect(map.deadlines.countDue(deadline)).toBe(due.length);
            const budget = kind === 8 ? 10 : Number.POSITIVE_INFINITY;
            const swept: string[] = [];
            map.deadlines.sweep(budget, deadline, (met) => {
              map.delete(met);
              swept.push(met);
            });
            if (kind === 9) expect(swept.sort()).toEqual(due.sort());
            for (const met of swept) expect(model.delete(met)).toBe(true);
          }
          expect(map.deadlines.size).toBe(model.size);
          expect(map.deadlines.get(name)).toBe(model.get(name));
        }
        for (const [name, at] of model) expect(map.deadlines.get(name)).toBe(at);
      }),
    );
  });

  it('has room for a slot far above those that had a deadline before', () => {
    const map = new EvictionMap<number>('lru');
    for (let n = 0; n < 5000; n++) map.set(`key:${n}`, n);
    map.deadlines.set('key:4999', 5);
    expect(map.deadlines.get('key:4999')).toBe(5);
    expect(map.deadlines.countDue(5)).toBe(1);
  });

  it('ignores a key that the store does not hold', () => {
    const map = new EvictionMap<number>('fifo');
    map.deadlines.set('absent', 5);
    expect([map.deadlines.size, map.deadlines.get('absent')]).toEqual([0, undefined]);
    expect(map.deadlines.delete('absent')).toBe(false);
  });
});
