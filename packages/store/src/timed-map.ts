import type { Deadlines } from './deadlines.ts';

/** An entry that has a deadline. It stands in the Map where others have their value. */
export class Timed<V> {
  readonly key: string;
  value: V;
  deadline: number;
  /** Its place among those that have a deadline. */
  place: number;

  constructor(key: string, value: V, deadline: number, place: number) {
    this.key = key;
    this.value = value;
    this.deadline = deadline;
    this.place = place;
  }
}

/**
 * A Map whose entries may have deadlines, and a cursor that sweeps those.
 *
 * A value without a deadline lies in the Map as it is, so that a store that uses none
 * costs what a Map does; one with a deadline lies there as a {@link Timed}, so that a
 * single look-up finds both. Those are listed densely as well: a removal moves the last
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
  readonly #entries: Map<string, V | Timed<V>>;
  readonly #timed: Timed<V>[] = [];
  /** The same, for whoever only asks whether there are any. */
  readonly list: readonly unknown[] = this.#timed;
  /** The place that is visited next; at or above the size means: start at the last one. */
  #cursor = 0;

  constructor(entries: Map<string, V | Timed<V>>) {
    this.#entries = entries;
  }

  get size(): number {
    return this.#timed.length;
  }

  get(key: string): number | undefined {
    const found = this.#entries.get(key);
    return found instanceof Timed ? found.deadline : undefined;
  }

  set(key: string, deadline: number): void {
    const found = this.#entries.get(key);
    if (found instanceof Timed) found.deadline = deadline;
    else if (found !== undefined) this.add(key, found, deadline);
  }

  /** Writes an entry with a deadline where no {@link Timed} is. */
  add(key: string, value: V, deadline: number): void {
    const timed = new Timed(key, value, deadline, this.#timed.length);
    this.#timed.push(timed);
    this.#entries.set(key, timed);
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
    const last = this.#timed.pop() as Timed<V>;
    if (place === this.#timed.length) return;
    this.#timed[place] = last;
    last.place = place;
  }

  clear(): void {
    this.#timed.length = 0;
    this.#cursor = 0;
  }

  countDue(now: number): number {
    let due = 0;
    for (const { deadline } of this.#timed) if (deadline <= now) due++;
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
    const timed = this.#timed[this.#cursor--] as Timed<V>;
    return timed.deadline <= now ? timed.key : undefined;
  }
}
