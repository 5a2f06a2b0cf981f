// Hashes to refs: an extendible directory (Fagin et al. 1979) of small tables with
// sorted linear probing. A slot is two 32-bit words, hash and ref.
//
// The upper bits of a hash choose the table by way of the directory, the bits below
// them the slot where its run begins. Within a table the slots are sorted by hash, so
// all of the index can be walked in the order of hashes, whatever has been split or
// merged meanwhile: that is what SCAN's cursor relies on.
//
// Growing splits one table of 33 KB; nothing is ever rehashed as a whole. Deleting
// shifts the run back; there are no tombstones.
import { ByteStoreError } from './byte-store-error.ts';
import { HASH_MAX } from './half-sip-hash.ts';
import {
  DEPTH_BITS,
  DEPTH_MASK,
  DEPTH_MAX,
  IndexDirectory,
  MERGE_AT,
  SPLIT_AT,
} from './index-directory.ts';
import { CHUNK_BITS, CHUNK_MASK, EMPTY, homeSlot, NO_CHUNK, TABLE_WORDS } from './index-tables.ts';

/**
 * Halves that cannot be put together, because what is left of one is all at its end, as when keys
 * go in the order of their hashes, are not tried again at every removal.
 */
const MERGE_TRIED_EVERY = 16;

/** Hashes to refs; several entries may have one hash. */
export class HashIndex extends IndexDirectory {
  /** Entries. */
  size = 0;
  /** Changes whenever an entry is added: until then what had no entry has none. */
  version = 0;
  /** The chunk that {@link home} found. */
  chunk: Int32Array = NO_CHUNK;

  /** Forgets all entries. Keeps one chunk, so that it cannot fail for want of memory. */
  clear(): void {
    this.version = (this.version + 1) | 0;
    this.size = 0;
    this.reset();
  }

  /** The place where the run of a hash begins, in {@link chunk}. */
  home(hash: number): number {
    const entry = this.directory[hash >>> (31 - this.depth)] as number;
    const table = entry >>> DEPTH_BITS;
    this.chunk = this.chunks[table >>> CHUNK_BITS] as Int32Array;
    return (table & CHUNK_MASK) * TABLE_WORDS + homeSlot(hash, entry & DEPTH_MASK) * 2;
  }

  /** The first place in {@link chunk} whose hash is not below: where a search for it starts. */
  seek(hash: number): number {
    let at = this.home(hash);
    const { chunk } = this;
    while ((chunk[at] as number) < hash) at += 2;
    return at;
  }

  /** Whether there is an entry with this hash. */
  has(hash: number): boolean {
    const at = this.seek(hash);
    return this.chunk[at] === hash && this.chunk[at + 1] !== 0;
  }

  /** The place of a hash with a ref, or -1. */
  placeOf(hash: number, ref: number): number {
    let at = this.seek(hash);
    const { chunk } = this;
    for (; chunk[at] === hash && chunk[at + 1] !== 0; at += 2) if (chunk[at + 1] === ref) return at;
    return -1;
  }

  /** Puts another ref in the place of one that is there. */
  replace(hash: number, ref: number, by: number): void {
    const place = this.placeOf(hash, ref);
    this.chunk[place + 1] = by;
  }

  /** Removes an entry that is there. */
  remove(hash: number, ref: number): void {
    this.removeAt(this.placeOf(hash, ref), hash);
  }

  /**
   * Adds an entry; others with the same hash may exist.
   *
   * @throws ByteStoreError `OUT_OF_MEMORY`, and nothing has changed: no room for a
   * table, or thousands of entries have one hash, which only its secret could bring about
   */
  insert(hash: number, ref: number): void {
    this.version = (this.version + 1) | 0;
    for (;;) {
      const entry = this.directory[hash >>> (31 - this.depth)] as number;
      const table = entry >>> DEPTH_BITS;
      const depth = entry & DEPTH_MASK;
      const full = (this.tables.counts[table] as number) >= SPLIT_AT;
      if (!full && this.insertInto(table, depth, hash, ref)) return;
      if (depth < DEPTH_MAX && this.split(hash, table, depth)) continue;
      // It cannot be split: it is filled as far as it goes.
      if (full && this.insertInto(table, depth, hash, ref)) return;
      throw new ByteStoreError('OUT_OF_MEMORY', 'too many keys have the same hash');
    }
  }

  /**
   * Adds an entry with a hash that no other has. False, and nothing has changed: there is one.
   *
   * @throws ByteStoreError as {@link insert}
   */
  insertNew(hash: number, ref: number): boolean {
    const entry = this.directory[hash >>> (31 - this.depth)] as number;
    const table = entry >>> DEPTH_BITS;
    const chunk = this.chunks[table >>> CHUNK_BITS] as Int32Array;
    const base = (table & CHUNK_MASK) * TABLE_WORDS;
    let at = base + homeSlot(hash, entry & DEPTH_MASK) * 2;
    while ((chunk[at] as number) < hash) at += 2;
    if (chunk[at] === hash && chunk[at + 1] !== 0) return false;
    const full = (this.tables.counts[table] as number) >= SPLIT_AT;
    if (full || !this.put(table, chunk, base, at, hash, ref)) this.insert(hash, ref);
    else this.version = (this.version + 1) | 0;
    return true;
  }

  /** False: the room behind the table is used up. */
  private insertInto(table: number, depth: number, hash: number, ref: number): boolean {
    const chunk = this.chunks[table >>> CHUNK_BITS] as Int32Array;
    const base = (table & CHUNK_MASK) * TABLE_WORDS;
    let at = base + homeSlot(hash, depth) * 2;
    while (chunk[at + 1] !== 0 && (chunk[at] as number) <= hash) at += 2;
    return this.put(table, chunk, base, at, hash, ref);
  }

  /** Puts a slot at its place in the table that begins at `base`. False: the room behind it is used up. */
  private put(
    table: number,
    chunk: Int32Array,
    base: number,
    at: number,
    hash: number,
    ref: number,
  ): boolean {
    let end = at;
    while (chunk[end + 1] !== 0) end += 2;
    // The last slot stays empty: searches stop there.
    if (end >= base + TABLE_WORDS - 2) return false;
    // Runs are short: a call of copyWithin costs more than this.
    for (let to = end; to > at; to -= 2) {
      chunk[to] = chunk[to - 2] as number;
      chunk[to + 1] = chunk[to - 1] as number;
    }
    chunk[at] = hash;
    chunk[at + 1] = ref;
    this.tables.counts[table] = (this.tables.counts[table] as number) + 1;
    this.size++;
    return true;
  }

  /** Removes the entry at a place of {@link chunk}, whose hash it is. */
  private removeAt(place: number, hash: number): void {
    const entry = this.directory[hash >>> (31 - this.depth)] as number;
    const table = entry >>> DEPTH_BITS;
    const depth = entry & DEPTH_MASK;
    const chunk = this.chunks[table >>> CHUNK_BITS] as Int32Array;
    const base = (table & CHUNK_MASK) * TABLE_WORDS;
    let at = place;
    let next = place + 2;
    // The run behind moves up, as far as its slots are not at home.
    while (chunk[next + 1] !== 0 && base + homeSlot(chunk[next] as number, depth) * 2 !== next) {
      chunk[at] = chunk[next] as number;
      chunk[at + 1] = chunk[next + 1] as number;
      at = next;
      next += 2;
    }
    chunk[at] = EMPTY;
    chunk[at + 1] = 0;
    const count = (this.tables.counts[table] as number) - 1;
    this.tables.counts[table] = count;
    this.size--;
    if (count < MERGE_AT && count % MERGE_TRIED_EVERY === 0 && depth > 0)
      this.merge(hash, table, depth);
  }

  /**
   * Visits entries in the order of their hashes, from a hash on, until `count` have
   * been visited and the next has another hash. Answers the hash to go on from, or 0
   * at the end. The visitor must not change the index.
   */
  walk(from: number, count: number, visit: (ref: number) => void): number {
    let visited = 0;
    let next = from;
    for (;;) {
      const shift = 31 - this.depth;
      const entry = this.directory[next >>> shift] as number;
      const depth = entry & DEPTH_MASK;
      const table = entry >>> DEPTH_BITS;
      const chunk = this.chunks[table >>> CHUNK_BITS] as Int32Array;
      const base = (table & CHUNK_MASK) * TABLE_WORDS;
      let last = -1;
      for (let at = base + homeSlot(next, depth) * 2; at < base + TABLE_WORDS; at += 2) {
        const hash = chunk[at] as number;
        if (chunk[at + 1] === 0 || hash < next) continue;
        if (visited >= count && hash !== last) return hash;
        last = hash;
        visited++;
        visit(chunk[at + 1] as number);
      }
      // The first hash behind the table's prefix.
      const span = 2 ** (31 - depth);
      next = (Math.floor(next / span) + 1) * span;
      if (next > HASH_MAX) return 0;
    }
  }
}
