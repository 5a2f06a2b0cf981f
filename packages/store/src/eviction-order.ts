/**
 * What goes when a store is full: the entry that was least recently read or
 * written (`lru`), or the one whose key was first set longest ago (`fifo`), or
 * the one whose key was first set longest ago among those that were not read or
 * written again since a hand that goes round them last passed (`sieve`).
 *
 * `sieve` is the algorithm of that name (Zhang et al., NSDI 2024): a use sets a
 * mark instead of moving the entry, so it costs less than under `lru`, and what is
 * used once leaves sooner. The hand takes the marks away as it looks for a victim;
 * if all entries are marked, one eviction looks at all of them.
 */
export type EvictionPolicy = 'lru' | 'fifo' | 'sieve';

/** The policies by name, for whoever checks an option. */
export const EVICTION_POLICIES: readonly EvictionPolicy[] = ['lru', 'fifo', 'sieve'];

/** No entry; the links of this slot hold the oldest and the newest one, so that no end is special. */
const NONE = 0;

const CAPACITY_MIN = 64;

/**
 * The order of eviction among slots, which are numbers from 1.
 *
 * A doubly linked list in one typed array, `older, newer` for each slot side by
 * side: next to a list of objects it allocates nothing for an entry, gives the
 * garbage collector nothing to trace, and has eight entries in a cache line.
 */
export class EvictionOrder {
  private readonly movesOnUse: boolean;
  private readonly marksOnUse: boolean;
  private links: Uint32Array;
  /** Under `sieve`: 1 for what was used since the hand last passed; 0 for slots that are not in the order. */
  private marks: Uint8Array;
  /** Under `sieve`: where the search for a victim goes on; `NONE` means at the oldest. */
  private hand = NONE;

  constructor(policy: EvictionPolicy, capacity: number) {
    const slots = Math.max(capacity, CAPACITY_MIN) + 1;
    this.movesOnUse = policy === 'lru';
    this.marksOnUse = policy === 'sieve';
    this.links = new Uint32Array(slots * 2);
    this.marks = new Uint8Array(this.marksOnUse ? slots : 0);
  }

  /** Adds a slot that is not in the order, as the newest. */
  add(slot: number): void {
    if (slot * 2 >= this.links.length) this.grow();
    this.append(slot);
  }

  use(slot: number): void {
    if (this.marksOnUse) this.marks[slot] = 1;
    else if (this.movesOnUse && slot !== this.older(NONE)) {
      this.detach(slot);
      this.append(slot);
    }
  }

  remove(slot: number): void {
    if (slot === this.hand) this.hand = this.newer(slot);
    if (this.marksOnUse) this.marks[slot] = 0;
    this.detach(slot);
  }

  /** The slot that goes next, 0 when there is none. Only a removal or a use changes the answer. */
  victim(): number {
    const oldest = this.newer(NONE);
    if (!this.marksOnUse) return oldest;
    // The newest has just been set to need the room. It never goes, unless it is alone.
    const newest = this.older(NONE);
    if (oldest === newest) return oldest;
    let slot = this.hand === NONE || this.hand === newest ? oldest : this.hand;
    while (this.marks[slot] === 1) {
      this.marks[slot] = 0;
      slot = this.newer(slot);
      if (slot === newest) slot = oldest;
    }
    this.hand = slot;
    return slot;
  }

  clear(): void {
    this.links.fill(NONE, 0, 2);
    this.marks.fill(0);
    this.hand = NONE;
  }

  private older(slot: number): number {
    return this.links[slot * 2] as number;
  }

  private newer(slot: number): number {
    return this.links[slot * 2 + 1] as number;
  }

  private append(slot: number): void {
    const links = this.links;
    const newest = links[NONE] as number;
    links[slot * 2] = newest;
    links[slot * 2 + 1] = NONE;
    links[newest * 2 + 1] = slot;
    links[NONE] = slot;
  }

  private detach(slot: number): void {
    const links = this.links;
    const older = links[slot * 2] as number;
    const newer = links[slot * 2 + 1] as number;
    links[older * 2 + 1] = newer;
    links[newer * 2] = older;
  }

  private grow(): void {
    const links = new Uint32Array(this.links.length * 2);
    links.set(this.links);
    this.links = links;
    if (!this.marksOnUse) return;
    const marks = new Uint8Array(this.marks.length * 2);
    marks.set(this.marks);
    this.marks = marks;
  }
}
