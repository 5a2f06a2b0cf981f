import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEVER } from './deadline.ts';
import { TimedMap } from './timed-map.ts';

/** Numbers are kept otherwise than other values. */
type Value = number | string;

/** Removes what is due among the next entries; answers their keys. */
function sweep(map: TimedMap<Value>, budget: number, now: number): string[] {
  const due: string[] = [];
  const expire = (key: string) => {
    map.delete(key);
    due.push(key);
  };
  expect(map.deadlines.sweep(budget, now, expire)).toBe(due.length);
  return due;
}

/** As a store writes. */
function put(map: TimedMap<Value>, key: string, value: Value, deadline = NEVER): void {
  const slot = map.slot(key);
  if (slot !== undefined) {
    map.slots.setValue(slot, value);
    map.slots.setDeadline(slot, deadline);
  } else if (deadline === NEVER) map.write(key, value);
  else map.writeTimed(key, value, deadline);
}

describe('TimedMap', () => {
  it('agrees with a Map, whatever is set, persisted, deleted and swept', () => {
    const step = fc.record({ key: fc.nat(150), deadline: fc.nat(100), kind: fc.nat(11) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const map = new TimedMap<Value>(50);
        const values = new Map<string, Value>();
        const deadlines = new Map<string, number>();
        for (const [step, { key, deadline, kind }] of steps.entries()) {
          const name = `key:${key}`;
          const value = step % 3 ? `value:${step}` : step;
          if (kind < 6) {
            put(map, name, value, kind < 4 ? deadline : undefined);
            values.set(name, value);
            deadlines.delete(name);
            if (kind < 4) deadlines.set(name, deadline);
          } else if (kind === 6) {
            map.deadlines.set(name, deadline);
            if (values.has(name)) deadlines.set(name, deadline);
          } else if (kind === 7) {
            expect(map.deadlines.delete(name)).toBe(deadlines.delete(name));
          } else if (kind < 10) {
            deadlines.delete(name);
            expect(map.delete(name)).toBe(values.delete(name));
          } else {
            const before = [...deadlines.values()].filter((at) => at <= deadline).length;
            expect(map.deadlines.countDue(deadline)).toBe(before);
            const due = sweep(map, kind === 10 ? 10 : Number.POSITIVE_INFINITY, deadline);
            if (kind === 11) expect(due.length).toBe(before);
            for (const swept of due) {
              expect(deadlines.get(swept)).toBeLessThanOrEqual(deadline);
              deadlines.delete(swept);
              values.delete(swept);
            }
          }
          expect([map.size, map.deadlines.size]).toEqual([values.size, deadlines.size]);
          expect(map.deadlines.get(name)).toBe(deadlines.get(name));
          expect(map.peek(name)).toBe(values.get(name));
        }
        expect([...map.entries()]).toEqual([...values]);
        for (const [name, at] of deadlines) expect(map.deadlines.get(name)).toBe(at);
      }),
    );
  });

  it('visits in one pass every entry that stays while others come and go', () => {
    const map = new TimedMap<Value>(50);
    for (let n = 0; n < 1000; n++) put(map, `key:${n}`, n, n % 3 === 0 ? 1 : 9);
    const due = new Set<string>();
    for (let sweeps = 0; sweeps < 100; sweeps++) {
      for (const key of sweep(map, 10, 1)) due.add(key);
      // What is not due makes room for others, so that places move under the cursor.
      map.delete(`key:${sweeps * 3 + 1}`);
      put(map, `added:${sweeps}`, 0, 9);
    }
    expect(due.size).toBe(334);
  });

  it('forgets everything on clear, and can be used again', () => {
    const map = new TimedMap<Value>(50);
    for (let n = 0; n < 500; n++) put(map, `key:${n}`, n, 1);
    map.clear();
    expect([map.size, map.deadlines.size, map.deadlines.countDue(9)]).toEqual([0, 0, 0]);
    expect(sweep(map, 10, 9)).toEqual([]);
    put(map, 'key:1', 1, 5);
    expect(sweep(map, 10, 9)).toEqual(['key:1']);
  });
});
