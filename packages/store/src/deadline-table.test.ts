import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineTable } from './deadline-table.ts';

function sweep(table: DeadlineTable, budget: number, now: number): string[] {
  const due: string[] = [];
  for (let visits = table.beginSweep(budget); visits > 0; visits--) {
    const key = table.visit(now);
    if (key === undefined) continue;
    table.delete(key);
    due.push(key);
  }
  return due;
}

describe('DeadlineTable', () => {
  it('agrees with a Map, whatever is set, deleted and swept', () => {
    const step = fc.record({ key: fc.nat(150), deadline: fc.nat(100), kind: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const table = new DeadlineTable();
        const model = new Map<string, number>();
        for (const { key, deadline, kind } of steps) {
          const name = `key:${key}`;
          if (kind < 6) {
            table.set(name, deadline);
            model.set(name, deadline);
          } else if (kind < 8) {
            expect(table.delete(name)).toBe(model.delete(name));
          } else {
            const before = [...model.values()].filter((at) => at <= deadline).length;
            expect(table.countDue(deadline)).toBe(before);
            const due = sweep(table, kind === 8 ? 10 : Number.POSITIVE_INFINITY, deadline);
            if (kind === 9) expect(due.length).toBe(before);
            for (const swept of due) {
              expect(model.get(swept)).toBeLessThanOrEqual(deadline);
              model.delete(swept);
            }
          }
          expect(table.size).toBe(model.size);
          expect(table.get(name)).toBe(model.get(name));
        }
        for (const [name, at] of model) expect(table.get(name)).toBe(at);
      }),
    );
  });

  it('visits in one pass every key that stays while others come and go', () => {
    const table = new DeadlineTable();
    for (let n = 0; n < 1000; n++) table.set(`key:${n}`, n % 3 === 0 ? 1 : 9);
    const due = new Set<string>();
    for (let sweeps = 0; sweeps < 100; sweeps++) {
      for (const key of sweep(table, 10, 1)) due.add(key);
      // What is not due makes room for others, so that slots move under the cursor.
      table.delete(`key:${sweeps * 3 + 1}`);
      table.set(`added:${sweeps}`, 9);
    }
    expect(due.size).toBe(334);
  });

  it('forgets everything on clear, and can be used again', () => {
    const table = new DeadlineTable();
    for (let n = 0; n < 500; n++) table.set(`key:${n}`, 1);
    table.clear();
    expect([table.size, table.countDue(9), table.get('key:1')]).toEqual([0, 0, undefined]);
    expect(sweep(table, 10, 9)).toEqual([]);
    table.set('key:1', 5);
    expect(sweep(table, 10, 9)).toEqual(['key:1']);
  });
});
