import { HASH_BITS } from './half-sip-hash.ts';

/** Parts of hash space: the tables of one, of an index of ten million, fit the cache next to a core. */
const PART_BITS = 9;
const PART_SHIFT = HASH_BITS - PART_BITS;
/** How many wait in a part at first. */
const PART_SLOTS_MIN = 64;
/** And before they are put in: the more, the more meet in one line of memory. */
const PART_SLOTS_MAX = 16_384;

/**
 * Slots that are to go into an index, gathered by the upper bits of their hashes. Put in part by
 * part they meet a few tables at a time, which are at hand; in the order in which hashes come
 * nearly every one waits for a line of memory. All of them together take 64 MiB at most.
 */
export class PendingSlots {
  /** How many are pending. */
  size = 0;
  private partSlots = PART_SLOTS_MIN;
  private slots = new Int32Array((PART_SLOTS_MIN * 2) << PART_BITS);
  private readonly counts = new Int32Array(1 << PART_BITS);

  /** Adds a slot. True: its part is full, and must be taken before the next is added to it. */
  add(hash: number, ref: number): boolean {
    const part = hash >>> PART_SHIFT;
    const count = this.counts[part] as number;
    const at = (part * this.partSlots + count) * 2;
    this.slots[at] = hash;
    this.slots[at + 1] = ref;
    this.counts[part] = count + 1;
    this.size++;
    return count + 1 === this.partSlots && !this.grow();
  }

  /** Gives every part more room, if they may have more. */
  private grow(): boolean {
    const { slots, partSlots } = this;
    if (partSlots === PART_SLOTS_MAX) return false;
    this.partSlots = partSlots * 4;
    this.slots = new Int32Array(slots.length * 4);
    for (let from = 0; from < slots.length; from += partSlots * 2)
      this.slots.set(slots.subarray(from, from + partSlots * 2), from * 4);
    return true;
  }

  /** The slots of the part that a hash is in, in the order in which they came; they are no longer pending. */
  take(hash: number): Int32Array {
    return this.takePart(hash >>> PART_SHIFT);
  }

  /** The slots of all parts, one after the other. */
  *takeAll(): Iterable<Int32Array> {
    for (let part = 0; part < this.counts.length; part++) yield this.takePart(part);
  }

  private takePart(part: number): Int32Array {
    const from = part * this.partSlots * 2;
    const count = this.counts[part] as number;
    this.counts[part] = 0;
    this.size -= count;
    return this.slots.subarray(from, from + count * 2);
  }
}
