// Many entries into a database at once, as a restore has them. A key that is not there
// yet, nearly every one, is written without a look-up of its own: its place in the index
// is needed anyway, and only an entry with the same hash can have the same key.
//
// What takes the time is waiting for memory: for a line of the index, which is another
// one for every key. So a short loop asks for those of many keys before the first is
// written, as in prefetch.ts. Records are written one behind the other and wait for nothing.
import type { HalfSipHash } from './half-sip-hash.ts';
import { DEPTH_BITS, DEPTH_MASK, type HashIndex } from './hash-index.ts';
import { CHUNK_BITS, CHUNK_MASK, homeSlot, TABLE_WORDS } from './index-tables.ts';
import {
  DEAD,
  DEADLINE,
  ENCODING_SHIFT,
  INLINE_BYTES_MAX,
  KEY_LENGTH_MASK,
  REGION_BITS,
  REGION_MASK,
  SEGMENT_BITS,
  SLACK_BYTES,
} from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { granulesFor } from './record.ts';
import type { Queue, RecordLog } from './record-log.ts';
import { copyWords, WORD_COPY_BYTES_MAX } from './records.ts';
import { writeKeyWords } from './taken-key.ts';

/** Entries by number: keys and values as ranges of one array of bytes, and what else belongs to them. */
export interface EntryColumns {
  readonly bytes: Uint8Array;
  /** Over the same memory as `bytes`. */
  readonly view: DataView;
  readonly keyOffset: Int32Array;
  readonly keyLength: Int32Array;
  readonly valueOffset: Int32Array;
  readonly valueLength: Int32Array;
  readonly encoding: Int32Array;
  /** Unix milliseconds; 0 is none. */
  readonly deadline: Float64Array;
}

/** What a database is loaded into. */
export interface LoadTarget {
  readonly hasher: HalfSipHash;
  readonly index: HashIndex;
  readonly log: RecordLog;
  readonly memory: Memory;
  /** The queue that a new record goes to. */
  queueFor(hash: number): Queue;
  /** Writes an entry that is large, or whose key may be there already. */
  write(entry: number): void;
}

/** Lines that are asked for before the first of them is needed. */
const GROUP = 32;

/** Loads entries, one batch after the other. */
export class BulkLoader {
  /** How many of the loaded entries have a deadline. */
  expiring = 0;
  /** Keeps the reads from being optimized away. */
  seen = 0;
  private keys = new Int32Array(0);
  private hash = new Int32Array(0);
  /** A record that is not in the index yet. */
  private pending = 0;

  /**
   * Loads the entries `[from, to)` of a batch.
   *
   * @throws ByteStoreError; the entries before have been loaded
   */
  load(batch: EntryColumns, from: number, to: number, target: LoadTarget): void {
    this.expiring = 0;
    this.hashKeys(batch, from, to, target.hasher);
    try {
      for (let at = from; at < to; at += GROUP) {
        const end = Math.min(to, at + GROUP);
        this.seen ^= this.touchTables(at, end, target.index);
        this.write(batch, at, end, target);
      }
    } catch (error) {
      if (this.pending !== 0) abandon(this.pending, target);
      throw error;
    } finally {
      this.pending = 0;
    }
  }

  private hashKeys(batch: EntryColumns, from: number, to: number, hasher: HalfSipHash): void {
    if (this.hash.length < to) {
      this.hash = new Int32Array(to * 2);
      this.keys = Int32Array.from({ length: to * 2 }, (_, i) => i);
    }
    const { view, keyOffset: offset, keyLength: length } = batch;
    const keys = this.keys.subarray(from, to);
    const hashed = { view, offset, length, hash: this.hash, keys, keyCount: to - from };
    hasher.hashAll(hashed, batch.bytes.length - SLACK_BYTES);
  }

  private touchTables(from: number, to: number, index: HashIndex): number {
    const { hash } = this;
    const { directory, depth, chunks } = index;
    const shift = 31 - depth;
    let seen = 0;
    for (let i = from; i < to; i++) {
      const h = hash[i] as number;
      if (h < 0) continue;
      const entry = directory[h >>> shift] as number;
      const table = entry >>> DEPTH_BITS;
      const at = (table & CHUNK_MASK) * TABLE_WORDS + homeSlot(h, entry & DEPTH_MASK) * 2;
      seen ^= (chunks[table >>> CHUNK_BITS] as Int32Array)[at] as number;
    }
    return seen;
  }

  private write(batch: EntryColumns, from: number, to: number, target: LoadTarget): void {
    const { hash } = this;
    const { index, log, memory } = target;
    const { bytes, view, keyOffset, keyLength, valueOffset, valueLength, encoding, deadline } =
      batch;
    for (let i = from; i < to; i++) {
      const h = hash[i] as number;
      const keyBytes = keyLength[i] as number;
      const valueBytes = valueLength[i] as number;
      // A key at the very end of the bytes has no hash yet.
      if (h < 0 || keyBytes + valueBytes > INLINE_BYTES_MAX || index.has(h)) {
        target.write(i);
        continue;
      }
      const until = deadline[i] as number;
      const ref = log.allocate(
        granulesFor(keyBytes, valueBytes, until !== 0, false),
        target.queueFor(h),
      );
      this.pending = ref;
      const {
        words,
        bytes: to,
        view: toView,
        doubles,
      } = memory.regions[ref >>> REGION_BITS] as Region;
      const at = (ref & REGION_MASK) * 2;
      words[at] = keyBytes | ((encoding[i] as number) << ENCODING_SHIFT);
      words[at + 1] = valueBytes;
      let key = at + 2;
      if (until !== 0) {
        words[at] = (words[at] as number) | DEADLINE;
        doubles[(at >>> 1) + 1] = until;
        key += 2;
        const { earliest } = memory;
        const segment = ref >>> SEGMENT_BITS;
        if (until < (earliest[segment] as number)) earliest[segment] = until;
      }
      writeKeyWords(words, key, view, keyOffset[i] as number, keyBytes);
      const value = key * 4 + ((keyBytes + 7) & ~7);
      const start = valueOffset[i] as number;
      if (valueBytes > WORD_COPY_BYTES_MAX || start + valueBytes + SLACK_BYTES > bytes.length)
        to.set(bytes.subarray(start, start + valueBytes), value);
      else copyWords(toView, value, view, start, valueBytes);
      index.insert(h, ref);
      this.pending = 0;
      if (until !== 0) this.expiring++;
    }
  }
}

/** The index had no room for a record: it is dead. */
function abandon(ref: number, { log, memory }: LoadTarget): void {
  const { words } = memory.regions[ref >>> REGION_BITS] as Region;
  const at = (ref & REGION_MASK) * 2;
  const head = words[at] as number;
  words[at] = head | DEAD;
  log.free(
    ref,
    granulesFor(head & KEY_LENGTH_MASK, words[at + 1] as number, (head & DEADLINE) !== 0, false),
  );
}
