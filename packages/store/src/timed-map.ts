import type { Deadlines } from './deadlines.ts';

/**
 * An entry that has a deadline. It stands in the Map where others have their value. It is
 * small: what it takes is what a write with a TTL costs over one without.
 */
export class Timed<V> {
  value: V;
  /** Milliseconds from the `epoch` of the deadlines: a small integer for deadlines within 24 days. */
  due: number;
  /** Its place among those that have a deadline. */
  place: number;

  constructor(value: V, due: number, place: number) {
    this.value = value;
    this.due = due;
    this.place = place;
  }
}

/**
 * A Map whose entries may have deadlines, and a cursor that sweeps those.
 *
 * A value without a deadline lies in the Map as it is, so that a store that uses none
 * costs what a Map does; one with a deadline lies there as a {@link Timed}, so that a
 * single look-up finds both. Their keys are listed densely as well: a removal moves the last
 * into the gap. The cursor walks the list downwards: whatever a removal moves to a place
 * that is still to come has been visited already, and what is added lands behind the
 * cursor. So one pass visits every entry that is there throughout.
 */
export class TimedMap<V> {
  /** By key, the value or the {@link Timed} that holds it: for reading at no cost but the look-up. */
  readonly found: ReadonlyMap<string, V | Timed<V>>;
  readonly #entries = new Map<string, V | Timed<V>>();
  readonly deadlines: TimedDeadlines<V> = new TimedDeadlines(this.#entries);

  constructor() {
    this.found = this.#entries;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The value, or the {@link Timed} that holds it. */
  find(key: string): V | Timed<V> | undefined {
    return this.#entries.get(key);
  }

  /** The value, whatever its deadline. */
  peek(key: string): V | undefined {
    const found = this.#entries.get(key);
    return found instanceof Timed ? found.value : found;
  }

  /** Writes where no {@link Timed} is. */
  set(key: string, value: V): void {
    this.#entries.set(key, value);
  }

  /** Removes `key`, and its deadline with it. */
  delete(key: string): boolean {
    if (this.deadlines.size > 0) {
      const found = this.#entries.get(key);
      if (found instanceof Timed) this.deadlines.drop(found);
    }
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.deadlines.clear();
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  *entries(): IterableIterator<[string, V]> {
    for (const [key, found] of this.#entries)
      yield [key, found instanceof Timed ? found.value : found];
  }
}

/** The deadlines of a {@link TimedMap}. */
class TimedDeadlines<V> implements Deadlines {
  /** Unix milliseconds that {@link Timed.due} counts from: the first deadline, while there are any. */
  epoch = 0;
  readonly #entries: Map<string, V | Timed<V>>;
  readonly #keys: string[] = [];
  /** The same, for whoever only asks whether there are any. */
  readonly list: readonly unknown[] = this.#keys;
  /** The place that is visited next; at or above the size means: start at the last one. */
  #cursor = 0;

  constructor(entries: Map<string, V | Timed<V>>) {
    this.#entries = entries;
  }

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): number | undefined {
    const found = this.#entries.get(key);
    return found instanceof Timed ? found.due + this.epoch : undefined;
  }

  set(key: string, deadline: number): void {
    const found = this.#entries.get(key);
    if (found instanceof Timed) found.due = deadline - this.epoch;
    else if (found !== undefined) this.add(key, found, deadline);
  }

  /** Writes an entry with a deadline where no {@link Timed} is. */
  add(key: string, value: V, deadline: number): void {
    if (this.#keys.length === 0) this.epoch = deadline;
    this.#entries.set(key, new Timed(value, deadline - this.epoch, this.#keys.length));
    this.#keys.push(key);
  }

  /** Takes the deadline from an entry, which keeps its value. */
  delete(key: string): boolean {
    const found = this.#entries.get(key);
    if (!(found instanceof Timed)) return false;
    this.drop(found);
    this.#entries.set(key, found.value);
    return true;
  }

  /** Takes an entry off the list; what the Map holds is its owner's business. */
  drop({ place }: Timed<V>): void {
    const last = this.#keys.pop() as string;
    if (place === this.#keys.length) return;
    this.#keys[place] = last;
    (this.#entries.get(last) as Timed<V>).place = place;
  }

  clear(): void {
    this.#keys.length = 0;
    this.#cursor = 0;
  }

  countDue(now: number): number {
    const latest = now - this.epoch;
    let due = 0;
    for (const key of this.#keys) if ((this.#entries.get(key) as Timed<V>).due <= latest) due++;
    return due;
  }

  beginSweep(budget: number): number {
    if (budget < this.size) return budget;
    this.#cursor = this.size - 1;
    return this.size;
  }

  visit(now: number): string | undefined {
    if (this.#cursor < 0 || this.#cursor >= this.size) {
      this.#cursor = this.size - 1;
      if (this.#cursor < 0) return undefined;
    }
    const key = this.#keys[this.#cursor--] as string;
    const { due } = this.#entries.get(key) as Timed<V>;
    return due <= now - this.epoch ? key : undefined;
  }
}
