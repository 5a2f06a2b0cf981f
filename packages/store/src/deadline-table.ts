const CAPACITY_MIN = 64;

/** The deadlines by key, as a store needs them whatever it keeps its entries in. */
export interface Deadlines {
  readonly size: number;
  get(key: string): number | undefined;
  set(key: string, deadline: number): void;
  delete(key: string): boolean;
  clear(): void;
  /** How many of the deadlines have come at `now`. */
  countDue(now: number): number;
  /** How many visits a sweep with `budget` makes. One that covers all starts a fresh pass. */
  beginSweep(budget: number): number;
  /** Visits one entry; answers its key if its deadline has come at `now`. */
  visit(now: number): string | undefined;
}

/**
 * The deadlines of those keys that have one, and a cursor that sweeps them.
 *
 * A key maps to a slot; slots are dense, so a removal moves the last slot into
 * the gap. The cursor walks downwards: whatever a removal moves to a place that
 * is still to come has been visited already, and what is added lands behind the
 * cursor. So one pass visits every key that is there throughout. Next to an
 * iterator held open on a Map this allocates nothing, walks memory in order,
 * and keeps no outgrown table of the Map alive.
 */
export class DeadlineTable implements Deadlines {
  readonly #slots = new Map<string, number>();
  readonly #keys: string[] = [];
  #deadlines = new Float64Array(CAPACITY_MIN);
  /** The slot that is visited next; at or above the size means: start at the last one. */
  #cursor = 0;

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): number | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#deadlines[slot];
  }

  set(key: string, deadline: number): void {
    this.put(this.#slots.get(key), key, deadline);
  }

  /** Where `key` is kept until the next removal, for {@link at} and {@link put}. */
  find(key: string): number | undefined {
    return this.#slots.get(key);
  }

  at(slot: number): number {
    return this.#deadlines[slot] as number;
  }

  /** As {@link set}, for who has just looked up the slot: one look-up less. */
  put(found: number | undefined, key: string, deadline: number): void {
    const slot = found ?? this.#add(key);
    this.#deadlines[slot] = deadline;
  }

  delete(key: string): boolean {
    const gap = this.#slots.get(key);
    if (gap === undefined) return false;
    this.#slots.delete(key);
    const last = this.#keys.pop() as string;
    const lastSlot = this.#keys.length;
    if (gap !== lastSlot) {
      this.#keys[gap] = last;
      this.#slots.set(last, gap);
      this.#deadlines[gap] = this.#deadlines[lastSlot] as number;
    }
    const capacity = this.#deadlines.length;
    if (capacity > CAPACITY_MIN && lastSlot < capacity / 4) this.#resize(capacity / 2);
    return true;
  }

  clear(): void {
    this.#slots.clear();
    this.#keys.length = 0;
    this.#deadlines = new Float64Array(CAPACITY_MIN);
    this.#cursor = 0;
  }

  countDue(now: number): number {
    let due = 0;
    for (let slot = 0; slot < this.#keys.length; slot++) {
      if (this.at(slot) <= now) due++;
    }
    return due;
  }

  beginSweep(budget: number): number {
    if (budget < this.#keys.length) return budget;
    this.#cursor = this.#keys.length - 1;
    return this.#keys.length;
  }

  visit(now: number): string | undefined {
    if (this.#cursor < 0 || this.#cursor >= this.#keys.length) {
      this.#cursor = this.#keys.length - 1;
      if (this.#cursor < 0) return undefined;
    }
    const slot = this.#cursor--;
    return this.at(slot) <= now ? this.#keys[slot] : undefined;
  }

  #add(key: string): number {
    const slot = this.#keys.length;
    if (slot === this.#deadlines.length) this.#resize(slot * 2);
    this.#slots.set(key, slot);
    this.#keys.push(key);
    return slot;
  }

  #resize(capacity: number): void {
    const resized = new Float64Array(capacity);
    resized.set(this.#deadlines.subarray(0, Math.min(capacity, this.#deadlines.length)));
    this.#deadlines = resized;
  }
}
