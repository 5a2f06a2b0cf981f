import { NEVER } from './deadline.ts';
import type { Deadlines } from './deadlines.ts';
import { Slots } from './slots.ts';

/**
 * A Map whose entries may have deadlines.
 *
 * An entry that has nothing but its value lies in the Map as it is, so that a store that uses
 * no deadlines costs what a Map does. One with a deadline is kept in a slot, and the Map has
 * the number of that slot, so that a single look-up finds both. A number found in the Map is always a
 * slot: a value that is a number itself is kept in one too. An entry stays in its slot for as
 * long as it is there, also when its deadline is taken away.
 */
export class TimedMap<V> {
  /** By key, the slot if it is a number, else the value: for reading at no cost but the look-up. */
  readonly found: ReadonlyMap<string, V | number>;
  readonly slots: Slots<V>;
  readonly deadlines: Deadlines;
  private readonly map: Map<string, V | number>;

  /** @param epoch - see {@link Slots}. */
  constructor(epoch: number) {
    this.map = new Map();
    this.found = this.map;
    this.slots = new Slots(epoch);
    this.deadlines = new TimedDeadlines(this, this.slots);
  }

  get size(): number {
    return this.map.size;
  }

  has(key: string): boolean {
    return this.map.has(key);
  }

  /** The slot of `key`, `undefined` when it is absent or kept without one. */
  slot(key: string): number | undefined {
    const found = this.map.get(key);
    return typeof found === 'number' ? found : undefined;
  }

  /** The value, whatever its deadline. */
  peek(key: string): V | undefined {
    const found = this.map.get(key);
    return typeof found === 'number' ? this.slots.value(found) : found;
  }

  /** Writes a value without a deadline under a key that has no slot. */
  write(key: string, value: V): void {
    this.map.set(key, typeof value === 'number' ? this.slots.take(key, value) : value);
  }

  /** Writes a value with a deadline under a key that has no slot. */
  writeTimed(key: string, value: V, deadline: number): void {
    this.map.set(key, this.slots.takeTimed(key, value, deadline));
  }

  /** Removes `key`, and its deadline with it. */
  delete(key: string): boolean {
    const slot = this.slots.isUnused ? undefined : this.slot(key);
    if (slot !== undefined) this.slots.give(slot);
    return this.map.delete(key);
  }

  clear(): void {
    this.map.clear();
    this.slots.clear();
  }

  keys(): IterableIterator<string> {
    return this.map.keys();
  }

  *entries(): IterableIterator<[string, V]> {
    for (const [key, found] of this.map) {
      yield [key, typeof found === 'number' ? this.slots.value(found) : found];
    }
  }
}

/** The deadlines of a {@link TimedMap}, by key. */
class TimedDeadlines<V> implements Deadlines {
  private readonly map: TimedMap<V>;
  private readonly slots: Slots<V>;

  constructor(map: TimedMap<V>, slots: Slots<V>) {
    this.map = map;
    this.slots = slots;
  }

  get size(): number {
    return this.slots.timed;
  }

  get(key: string): number | undefined {
    const slot = this.map.slot(key);
    return slot !== undefined && this.slots.isTimed(slot) ? this.slots.deadline(slot) : undefined;
  }

  set(key: string, deadline: number): void {
    const found = this.map.found.get(key);
    if (typeof found === 'number') this.slots.setDeadline(found, deadline);
    else if (found !== undefined) this.map.writeTimed(key, found, deadline);
  }

  delete(key: string): boolean {
    const slot = this.map.slot(key);
    if (slot === undefined || !this.slots.isTimed(slot)) return false;
    this.slots.setDeadline(slot, NEVER);
    return true;
  }

  countDue(now: number): number {
    return this.slots.countDue(now);
  }

  sweep(budget: number, now: number, expire: (key: string) => void): number {
    return this.slots.sweep(budget, now, expire);
  }
}
