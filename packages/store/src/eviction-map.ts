import { EvictionOrder, type EvictionPolicy } from './eviction-order.ts';
import { SlotDeadlines } from './slot-deadlines.ts';

/** Room that is taken at once for a bound given; above it, room grows with the entries. */
const CAPACITY_AT_ONCE_MAX = 2 ** 20;

/**
 * A Map that also knows which entry its policy evicts next, and the deadlines of
 * those entries that have one.
 *
 * It has the methods of Map that a store needs, under the same names, so that an
 * unbounded store uses a bare Map in its place. A key maps to a slot, and value,
 * deadline and place in the order of eviction are found by its number: one look-up
 * serves all. A slot that is given up is the next to be taken, so churn needs no
 * more of them; they stay, empty, until `clear`. Iteration follows the Map, which
 * makes changes meanwhile as safe as with Map. (Deleting and setting again to move a
 * key to a Map's end would leave holes in front that every look for the oldest key
 * walks over.)
 */
export class EvictionMap<V> {
  private readonly slots = new Map<string, number>();
  /** Key and value side by side: slot n has them at 2n and 2n + 1. */
  private readonly cells: (string | V | undefined)[];
  /** The slots from here on were never taken. Slot 0 is none. */
  private unused = 1;
  private readonly free: number[] = [];
  private readonly order: EvictionOrder;
  readonly deadlines: SlotDeadlines;

  constructor(policy: EvictionPolicy, maxEntries = 0) {
    // A full store holds one more than its bound for a moment.
    const capacity = Math.min(maxEntries + 1, CAPACITY_AT_ONCE_MAX);
    this.cells = new Array((capacity + 1) * 2);
    this.order = new EvictionOrder(policy, capacity);
    this.deadlines = new SlotDeadlines(this, capacity);
  }

  get size(): number {
    return this.slots.size;
  }

  has(key: string): boolean {
    return this.slots.has(key);
  }

  /** Reads without counting as a use. */
  peek(key: string): V | undefined {
    const slot = this.slots.get(key);
    return slot === undefined ? undefined : this.value(slot);
  }

  get(key: string): V | undefined {
    const slot = this.slots.get(key);
    return slot === undefined ? undefined : this.read(slot);
  }

  set(key: string, value: V): void {
    const slot = this.slots.get(key);
    if (slot === undefined) this.add(key, value);
    else this.rewrite(slot, value);
  }

  /** Where `key` is kept until it is removed, for {@link read}, {@link rewrite} and the deadlines. */
  find(key: string): number | undefined {
    return this.slots.get(key);
  }

  /** As {@link get}, for who has just looked up the slot. */
  read(slot: number): V {
    this.order.use(slot);
    return this.value(slot);
  }

  /** The key in a slot that is taken. */
  key(slot: number): string {
    return this.cells[slot * 2] as string;
  }

  /** Writes in a slot that was found. */
  rewrite(slot: number, value: V): void {
    this.cells[slot * 2 + 1] = value;
    this.order.use(slot);
  }

  /** Writes under a key that has no slot; answers the one it gets. */
  add(key: string, value: V): number {
    const slot = this.free.length > 0 ? (this.free.pop() as number) : this.unused++;
    this.cells[slot * 2] = key;
    this.cells[slot * 2 + 1] = value;
    this.slots.set(key, slot);
    this.order.add(slot);
    return slot;
  }

  /** Removes `key`, and its deadline with it. */
  delete(key: string): boolean {
    const slot = this.slots.get(key);
    if (slot === undefined) return false;
    this.slots.delete(key);
    this.order.remove(slot);
    this.deadlines.drop(slot);
    this.cells[slot * 2] = undefined;
    this.cells[slot * 2 + 1] = undefined;
    this.free.push(slot);
    return true;
  }

  clear(): void {
    this.slots.clear();
    // The length stays: room for the bound was taken on purpose.
    this.cells.fill(undefined);
    this.unused = 1;
    this.free.length = 0;
    this.order.clear();
    this.deadlines.clear();
  }

  /** The key that goes next, `undefined` when there is none. */
  victim(): string | undefined {
    const slot = this.order.victim();
    return slot === 0 ? undefined : this.key(slot);
  }

  keys(): IterableIterator<string> {
    return this.slots.keys();
  }

  *entries(): IterableIterator<[string, V]> {
    for (const [key, slot] of this.slots) yield [key, this.value(slot)];
  }

  private value(slot: number): V {
    return this.cells[slot * 2 + 1] as V;
  }
}
