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
  private readonly slots: Slots;
  private readonly capacity: number;
  /** By slot; `NONE` or `TAKEN_BACK` where there is no deadline, which is at least 1. */
  private times: Float64Array;
  private listed: Uint32Array;
  private listedCount = 0;
  private count = 0;
  private cursor = 0;

  /** Takes room for `capacity` slots, which no write has to wait for; above it, it grows. */
  constructor(slots: Slots, capacity: number) {
    this.slots = slots;
    this.capacity = Math.max(capacity + 1, CAPACITY_MIN);
    this.times = new Float64Array(this.capacity);
    this.listed = new Uint32Array(this.capacity);
  }

  get size(): number {
    return this.count;
  }

  get(key: string): number | undefined {
    const slot = this.slots.find(key);
    const deadline = slot === undefined ? NEVER : this.at(slot);
    return deadline === NEVER ? undefined : deadline;
  }

  /** Does nothing for a key that the store does not hold. */
  set(key: string, deadline: number): void {
    const slot = this.slots.find(key);
    if (slot !== undefined) this.put(slot, deadline);
  }

  delete(key: string): boolean {
    const slot = this.slots.find(key);
    return slot !== undefined && this.drop(slot);
  }

  /** `NEVER` when `slot` has no deadline. */
  at(slot: number): number {
    const deadline = slot < this.times.length ? (this.times[slot] as number) : NONE;
    return deadline > NONE ? deadline : NEVER;
  }

  put(slot: number, deadline: number): void {
    if (slot >= this.times.length) this.grow(slot + 1);
    const before = this.times[slot] as number;
    this.times[slot] = deadline;
    if (before > NONE) return;
    this.count++;
    if (before === NONE) this.listed[this.listedCount++] = slot;
  }

  /** Takes the deadline from `slot`; answers whether there was one. */
  drop(slot: number): boolean {
    if (this.at(slot) === NEVER) return false;
    this.times[slot] = TAKEN_BACK;
    this.count--;
    return true;
  }

  clear(): void {
    this.times = new Float64Array(this.capacity);
    this.listed = new Uint32Array(this.capacity);
    this.listedCount = 0;
    this.count = 0;
    this.cursor = 0;
  }

  countDue(now: number): number {
    let due = 0;
    for (let place = 0; place < this.listedCount; place++) {
      if (this.at(this.listed[place] as number) <= now) due++;
    }
    return due;
  }

  sweep(budget: number, now: number, expire: (key: string) => void): number {
    let due = 0;
    for (let visits = this.beginSweep(budget); visits > 0; visits--) {
      const key = this.visit(now);
      if (key === undefined) continue;
      due++;
      expire(key);
    }
    return due;
  }

  /** How many visits a sweep makes. One that covers all starts a fresh pass. */
  private beginSweep(budget: number): number {
    if (budget < this.listedCount) return budget;
    this.cursor = this.listedCount - 1;
    return this.listedCount;
  }

  /** Visits one entry; answers its key if its deadline has come. */
  private visit(now: number): string | undefined {
    if (this.cursor < 0 || this.cursor >= this.listedCount) {
      this.cursor = this.listedCount - 1;
      if (this.cursor < 0) return undefined;
    }
    const place = this.cursor--;
    const slot = this.listed[place] as number;
    const deadline = this.at(slot);
    if (this.times[slot] === TAKEN_BACK) this.unlist(place, slot);
    return deadline <= now ? this.slots.key(slot) : undefined;
  }

  private unlist(place: number, slot: number): void {
    this.times[slot] = NONE;
    this.listed[place] = this.listed[--this.listedCount] as number;
  }

  private grow(slots: number): void {
    const capacity = Math.max(slots, this.times.length * 2);
    const times = new Float64Array(capacity);
    times.set(this.times);
    this.times = times;
    const listed = new Uint32Array(capacity);
    listed.set(this.listed);
    this.listed = listed;
  }
}
