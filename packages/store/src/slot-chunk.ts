import { NEVER } from './deadline.ts';

/** A chunk has 2 to this power slots: so few that making one is no pause. */
export const CHUNK_BITS = 10;
export const CHUNK_SLOTS = 2 ** CHUNK_BITS;

/** The first chunk, which is the only one of a small store, begins with so many. */
const FIRST_SLOTS = 8;

/** What a slot has, side by side so that one cache line serves a read: key, value, and when it is due. */
const CELLS = 3;
const VALUE = 1;
const DUE = 2;

/** A slot that was given back has in its key's cell the number of the one before it, or this. */
const NONE = 0;

/**
 * A run of slots. One array for all would be copied whenever it grows, and
 * could give no memory back while a single entry is in it.
 */
export class SlotChunk<V> {
  /** The number of its first slot. */
  readonly first: number;
  /** No deadline in it comes before this time, which may be too early. */
  earliest: number = NEVER;
  /** The chunk below it on the stack of those with slots given back. */
  below: SlotChunk<V> | undefined = undefined;
  private cells: (V | string | number | undefined)[];
  /** How many slots were given back, and the last of them. */
  private free = 0;
  private freed = NONE;

  constructor(first: number) {
    this.first = first;
    this.cells = new Array((first === 1 ? FIRST_SLOTS : CHUNK_SLOTS) * CELLS);
  }

  /** How many slots there are cells for. */
  get capacity(): number {
    return this.cells.length / CELLS;
  }

  /** Whether slots were given back. */
  get hasRoom(): boolean {
    return this.free > 0;
  }

  key(slot: number): string {
    return this.cells[this.at(slot)] as string;
  }

  value(slot: number): V {
    return this.cells[this.at(slot) + VALUE] as V;
  }

  setValue(slot: number, value: V): void {
    this.cells[this.at(slot) + VALUE] = value;
  }

  /** Milliseconds from the epoch of the slots; `NEVER` where there is no deadline or no cell. */
  due(slot: number): number {
    return (this.cells[this.at(slot) + DUE] as number | undefined) ?? NEVER;
  }

  setDue(slot: number, due: number): void {
    this.cells[this.at(slot) + DUE] = due;
    if (due < this.earliest) this.earliest = due;
  }

  /** Fills a slot that has been taken. */
  fill(slot: number, key: string, value: V, due: number): void {
    const { cells } = this;
    const at = this.at(slot);
    cells[at] = key;
    cells[at + VALUE] = value;
    cells[at + DUE] = due;
    if (due < this.earliest) this.earliest = due;
  }

  /** Doubles the cells; answers whether they were not all there yet. */
  grow(): boolean {
    const { cells, capacity } = this;
    if (capacity === CHUNK_SLOTS) return false;
    this.cells = new Array(cells.length * 2);
    for (let at = 0; at < cells.length; at++) this.cells[at] = cells[at];
    return true;
  }

  /** A slot that was given back. */
  takeBack(): number {
    if (this.cells.length === 0) this.refill();
    this.free--;
    const slot = this.freed;
    this.freed = this.cells[this.at(slot)] as number;
    return slot;
  }

  give(slot: number): void {
    this.free++;
    if (this.free === CHUNK_SLOTS) {
      // With its last entry the chunk gives its memory back.
      this.cells = [];
      this.earliest = NEVER;
    } else this.clear(slot);
  }

  countDue(latest: number): number {
    if (this.earliest > latest) return 0;
    let count = 0;
    const end = this.first + this.capacity;
    for (let slot = this.first; slot < end; slot++) if (this.due(slot) <= latest) count++;
    return count;
  }

  private clear(slot: number): void {
    const at = this.at(slot);
    this.cells[at] = this.freed;
    this.cells[at + VALUE] = undefined;
    this.cells[at + DUE] = NEVER;
    this.freed = slot;
  }

  private refill(): void {
    this.cells = new Array(CHUNK_SLOTS * CELLS);
    this.freed = NONE;
    for (let slot = this.first + CHUNK_SLOTS - 1; slot >= this.first; slot--) this.clear(slot);
  }

  /** Where the cells of a slot begin. */
  private at(slot: number): number {
    return (slot - this.first) * CELLS;
  }
}
