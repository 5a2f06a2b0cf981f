// Many look-ups at once. What takes the time of a look-up in a large store is waiting
// for memory: for a line of the index, then for one or two of the record. Each loop
// here asks for one of them for all keys, so that the processor waits for many at a
// time; the loops are short for as many as can be to fit its window.
import { ABSENT, type KeyBatch, UNKNOWN } from './byte-ranges.ts';
import { HASH_MAX, type HalfSipHash } from './half-sip-hash.ts';
import { DEPTH_BITS, DEPTH_MASK, type HashIndex } from './hash-index.ts';
import {
  CHUNK_BITS,
  CHUNK_MASK,
  homeSlot,
  PLACE_BITS,
  PLACE_MASK,
  PLACED_CHUNKS_MAX,
  TABLE_WORDS,
} from './index-tables.ts';
import { REGION_BITS, REGION_MASK, SLACK_BYTES } from './layout.ts';
import type { Memory, Region } from './memory.ts';

/** With fewer keys there is nothing to overlap. */
const KEYS_MIN = 3;
/** Words of a cache line. */
const LINE_WORDS = 16;

/** Hashes the keys of batches and brings what they lead to into the processor's cache. */
export class Prefetcher {
  /** The refs that the keys lead to, by their place in `keys`. */
  private found = new Int32Array(256);
  /** Keeps the reads from being optimized away. */
  seen = 0;

  /**
   * Leaves the hashes in `batch.hash`, and in `batch.place` the first slot with the hash of each
   * key. That holds until a slot of the index moves. False: there are no places.
   */
  run(batch: KeyBatch, hasher: HalfSipHash, index: HashIndex, memory: Memory): boolean {
    const { keyCount } = batch;
    // A key without room behind it is hashed when its turn comes.
    hasher.hashAll(batch, batch.bytes.length - SLACK_BYTES);
    if (keyCount < KEYS_MIN || index.chunks.length > PLACED_CHUNKS_MAX) return false;
    if (this.found.length < keyCount) this.found = new Int32Array(keyCount * 2);
    this.seen = this.touchTables(batch, index);
    this.findSlots(batch, index);
    this.seen ^= this.touchRecords(keyCount, memory);
    return true;
  }

  private touchTables(batch: KeyBatch, index: HashIndex): number {
    const { keys, keyCount, hash, place } = batch;
    const { directory, depth, chunks } = index;
    const shift = 31 - depth;
    let seen = 0;
    for (let i = 0; i < keyCount; i++) {
      const key = keys[i] as number;
      // Of a key without a hash the place is never used.
      const h = (hash[key] as number) & HASH_MAX;
      const entry = directory[h >>> shift] as number;
      const table = entry >>> DEPTH_BITS;
      const at = (table & CHUNK_MASK) * TABLE_WORDS + homeSlot(h, entry & DEPTH_MASK) * 2;
      place[key] = ((table >>> CHUNK_BITS) << PLACE_BITS) | at;
      seen ^= (chunks[table >>> CHUNK_BITS] as Int32Array)[at] as number;
    }
    return seen;
  }

  private findSlots(batch: KeyBatch, { chunks }: HashIndex): void {
    const { keys, keyCount, hash, place } = batch;
    const { found } = this;
    for (let i = 0; i < keyCount; i++) {
      const key = keys[i] as number;
      const h = (hash[key] as number) & HASH_MAX;
      const packed = place[key] as number;
      const chunk = chunks[packed >>> PLACE_BITS] as Int32Array;
      let at = packed & PLACE_MASK;
      // The first steps without branches: they are taken or not about evenly.
      at += (((chunk[at] as number) - h) >> 31) & 2;
      at += (((chunk[at] as number) - h) >> 31) & 2;
      at += (((chunk[at] as number) - h) >> 31) & 2;
      while ((chunk[at] as number) < h) at += 2;
      // The ref of an empty slot is 0, whatever its hash.
      const ref = chunk[at] === h ? (chunk[at + 1] as number) : 0;
      if ((hash[key] as number) < 0) place[key] = UNKNOWN;
      else place[key] = ref === 0 ? ABSENT : (packed & ~PLACE_MASK) | at;
      found[i] = ref;
    }
  }

  private touchRecords(count: number, memory: Memory): number {
    const { regions } = memory;
    const { found } = this;
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const ref = found[i] as number;
      if (ref === 0) continue;
      const { words } = regions[ref >>> REGION_BITS] as Region;
      const at = (ref & REGION_MASK) * 2;
      seen ^= words[at] as number;
      if (at + LINE_WORDS < words.length) seen ^= words[at + LINE_WORDS] as number;
    }
    return seen;
  }
}
