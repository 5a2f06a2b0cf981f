import type { Deadlines } from './deadlines.ts';

const CAPACITY_MIN = 64;

/**
 * The deadlines of entries that have a slot already, and a cursor that sweeps them.
 *
 * What a slot holds is found by its number, so a store that has looked up the slot
 * of a key needs no second look-up for the deadline. The slots that have one are
 * listed densely as well, in `order`, so that a sweep looks at no others; how the
 * cursor walks that list, and why, is told at `TimedMap`.
 */
export class SlotDeadlines implements Deadlines {
  readonly #slots: ReadonlyMap<string, number>;
  readonly #keys: readonly (string | undefined)[];
  /** By slot; `Infinity` where there is none. */
  #at = new Float64Array(0);
  #order = new Uint32Array(0);
  /** By slot: its place in `order`. Means nothing where there is no deadline. */
  #places = new Uint32Array(0);
  #size = 0;
  #cursor = 0;

  /** `slots` and `keys` belong to the store, which keeps them up to date. */
  constructor(slots: ReadonlyMap<string, number>, keys: readonly (string | undefined)[]) {
    this.#slots = slots;
    this.#keys = keys;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): number | undefined {
    const slot = this.#slots.get(key);
    const deadline = slot === undefined ? Number.POSITIVE_INFINITY : this.at(slot);
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline;
  }

  /** Does nothing for a key that the store does not hold. */
  set(key: string, deadline: number): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.put(slot, deadline);
  }

  delete(key: string): boolean {
    const slot = this.#slots.get(key);
    return slot !== undefined && this.drop(slot);
  }

  /** `Infinity` when `slot` has no deadline. */
  at(slot: number): number {
    return slot < this.#at.length ? (this.#at[slot] as number) : Number.POSITIVE_INFINITY;
  }

  put(slot: number, deadline: number): void {
    if (slot >= this.#at.length) this.#grow(slot + 1);
    if (this.#at[slot] === Number.POSITIVE_INFINITY) {
      this.#places[slot] = this.#size;
      this.#order[this.#size++] = slot;
    }
    this.#at[slot] = deadline;
  }

  /** Takes the deadline from `slot`; answers whether there was one. */
  drop(slot: number): boolean {
    if (this.at(slot) === Number.POSITIVE_INFINITY) return false;
    this.#at[slot] = Number.POSITIVE_INFINITY;
    const gap = this.#places[slot] as number;
    const last = this.#order[--this.#size] as number;
    this.#order[gap] = last;
    this.#places[last] = gap;
    return true;
  }

  clear(): void {
    this.#at = new Float64Array(0);
    this.#order = new Uint32Array(0);
    this.#places = new Uint32Array(0);
    this.#size = 0;
    this.#cursor = 0;
  }

  countDue(now: number): number {
    let due = 0;
    for (let place = 0; place < this.#size; place++) {
      if (this.at(this.#order[place] as number) <= now) due++;
    }
    return due;
  }

  beginSweep(budget: number): number {
    if (budget < this.#size) return budget;
    this.#cursor = this.#size - 1;
    return this.#size;
  }

  visit(now: number): string | undefined {
    if (this.#cursor < 0 || this.#cursor >= this.#size) {
      this.#cursor = this.#size - 1;
      if (this.#cursor < 0) return undefined;
    }
    const slot = this.#order[this.#cursor--] as number;
    return this.at(slot) <= now ? this.#keys[slot] : undefined;
  }

  #grow(slots: number): void {
    const capacity = Math.max(slots, this.#at.length * 2, CAPACITY_MIN);
    const at = new Float64Array(capacity);
    at.set(this.#at);
    at.fill(Number.POSITIVE_INFINITY, this.#at.length);
    this.#at = at;
    const order = new Uint32Array(capacity);
    order.set(this.#order);
    this.#order = order;
    const places = new Uint32Array(capacity);
    places.set(this.#places);
    this.#places = places;
  }
}
