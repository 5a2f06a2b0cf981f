import { NEVER } from './deadline.ts';
import type { Deadlines } from './deadlines.ts';

/** There is no deadline, and the slot is not listed: what a fresh array holds, so that room costs nothing. */
const NONE = 0;

/** There is no deadline any more, but the slot is listed still. */
const TAKEN_BACK = -1;

const CAPACITY_MIN = 64;

/** Whoever has the entries: a slot by its key, and the key of a slot that is taken. */
export interface Slots {
  find(key: string): number | undefined;
  key(slot: number): string;
}

/**
 * The deadlines of entries that have a slot already, and a cursor that sweeps them.
 *
 * What a slot holds is found by its number, so a store that has looked up the slot
 * of a key needs no second look-up for the deadline. The slots that have one are
 * listed densely as well, so that a sweep looks at no others. The cursor walks the list
 * downwards: whatever a removal moves to a place that is still to come has been visited
 * already, and what is added lands behind the cursor. So one pass visits every entry that is
 * there throughout. A slot whose deadline is taken back stays listed until the cursor meets
 * it, or it gets another one, as it does soon where entries come and go.
 */
export class SlotDeadlines implements Deadlines {
  readonly #slots: Slots;
  readonly #capacity: number;
  /** By slot; `NONE` or `TAKEN_BACK` where there is no deadline, which is at least 1. */
  #at = new Float64Array(0);
  #listed = new Uint32Array(0);
  #listedCount = 0;
  #size = 0;
  #cursor = 0;

  /** Room for `capacity` slots is taken with the first deadline; above it, it grows. */
  constructor(slots: Slots, capacity: number) {
    this.#slots = slots;
    this.#capacity = capacity + 1;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): number | undefined {
    const slot = this.#slots.find(key);
    const deadline = slot === undefined ? NEVER : this.at(slot);
    return deadline === NEVER ? undefined : deadline;
  }

  /** Does nothing for a key that the store does not hold. */
  set(key: string, deadline: number): void {
    const slot = this.#slots.find(key);
    if (slot !== undefined) this.put(slot, deadline);
  }

  delete(key: string): boolean {
    const slot = this.#slots.find(key);
    return slot !== undefined && this.drop(slot);
  }

  /** `NEVER` when `slot` has no deadline. */
  at(slot: number): number {
    const deadline = slot < this.#at.length ? (this.#at[slot] as number) : NONE;
    return deadline > NONE ? deadline : NEVER;
  }

  put(slot: number, deadline: number): void {
    if (slot >= this.#at.length) this.#grow(slot + 1);
    const before = this.#at[slot] as number;
    this.#at[slot] = deadline;
    if (before > NONE) return;
    this.#size++;
    if (before === NONE) this.#listed[this.#listedCount++] = slot;
  }

  /** Takes the deadline from `slot`; answers whether there was one. */
  drop(slot: number): boolean {
    if (this.at(slot) === NEVER) return false;
    this.#at[slot] = TAKEN_BACK;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#at = new Float64Array(0);
    this.#listed = new Uint32Array(0);
    this.#listedCount = 0;
    this.#size = 0;
    this.#cursor = 0;
  }

  countDue(now: number): number {
    let due = 0;
    for (let place = 0; place < this.#listedCount; place++) {
      if (this.at(this.#listed[place] as number) <= now) due++;
    }
    return due;
  }

  sweep(budget: number, now: number, expire: (key: string) => void): number {
    let due = 0;
    for (let visits = this.#beginSweep(budget); visits > 0; visits--) {
      const key = this.#visit(now);
      if (key === undefined) continue;
      due++;
      expire(key);
    }
    return due;
  }

  /** How many visits a sweep makes. One that covers all starts a fresh pass. */
  #beginSweep(budget: number): number {
    if (budget < this.#listedCount) return budget;
    this.#cursor = this.#listedCount - 1;
    return this.#listedCount;
  }

  /** Visits one entry; answers its key if its deadline has come. */
  #visit(now: number): string | undefined {
    if (this.#cursor < 0 || this.#cursor >= this.#listedCount) {
      this.#cursor = this.#listedCount - 1;
      if (this.#cursor < 0) return undefined;
    }
    const place = this.#cursor--;
    const slot = this.#listed[place] as number;
    const deadline = this.at(slot);
    if (this.#at[slot] === TAKEN_BACK) this.#unlist(place, slot);
    return deadline <= now ? this.#slots.key(slot) : undefined;
  }

  #unlist(place: number, slot: number): void {
    this.#at[slot] = NONE;
    this.#listed[place] = this.#listed[--this.#listedCount] as number;
  }

  #grow(slots: number): void {
    const capacity = Math.max(slots, this.#at.length * 2, this.#capacity, CAPACITY_MIN);
    const at = new Float64Array(capacity);
    at.set(this.#at);
    this.#at = at;
    const listed = new Uint32Array(capacity);
    listed.set(this.#listed);
    this.#listed = listed;
  }
}
