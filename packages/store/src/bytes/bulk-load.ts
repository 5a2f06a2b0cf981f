// Many entries into a database at once, as a restore has them. Records are written one behind
// the other as they come, and wait for nothing. Their slots in the index, which would wait for
// a line of memory each, are gathered and put in later, by the order of their hashes: see
// pending-slots.ts. A key that is not there yet, nearly every one, is written without a look-up
// of its own: its place in the index is needed anyway, and only an entry with the same hash can
// have the same key.
import { ByteStoreError } from './byte-store-error.ts';
import type { HalfSipHash } from './half-sip-hash.ts';
import type { HashIndex } from './hash-index.ts';
import {
  DEAD,
  DEADLINE,
  ENCODING_SHIFT,
  INLINE_BYTES_MAX,
  REGION_BITS,
  REGION_MASK,
  SEGMENT_BITS,
  SLACK_BYTES,
} from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { PendingSlots } from './pending-slots.ts';
import { granulesAt, granulesFor } from './record.ts';
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
  /** There are so many more entries with a deadline, or fewer. */
  countExpiring(count: number): void;
  /** Writes an entry that is large, or of whose key nothing is known. */
  write(batch: EntryColumns, entry: number): void;
  /** Puts a record into the index, which has an entry with its hash, and perhaps with its key. */
  link(hash: number, ref: number): void;
}

/** A load, of one batch after the other. */
export class BulkLoad {
  private readonly target: LoadTarget;
  private readonly pending = new PendingSlots();
  private keys = new Int32Array(0);
  private hash = new Int32Array(0);

  constructor(target: LoadTarget) {
    this.target = target;
  }

  /**
   * Writes the entries `[from, to)` of a batch. They can be found when the load has ended.
   *
   * @throws ByteStoreError; entries before the one it happened to may be missing as well
   */
  add(batch: EntryColumns, from: number, to: number): void {
    this.hashKeys(batch, from, to);
    this.write(batch, from, to);
  }

  /**
   * Puts everything that was added where it can be found; to be called after a failure, too.
   *
   * @throws ByteStoreError `OUT_OF_MEMORY`; entries are missing
   */
  end(): void {
    let failure: unknown;
    this.makeRoom();
    for (const slots of this.pending.takeAll()) {
      try {
        if (failure === undefined) this.link(slots);
        else this.abandon(slots);
      } catch (error) {
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  private hashKeys(batch: EntryColumns, from: number, to: number): void {
    if (this.hash.length < to) {
      this.hash = new Int32Array(to * 2);
      this.keys = Int32Array.from({ length: to * 2 }, (_, i) => i);
    }
    const { view, keyOffset: offset, keyLength: length } = batch;
    const keys = this.keys.subarray(from, to);
    const hashed = { view, offset, length, hash: this.hash, keys, keyCount: to - from };
    this.target.hasher.hashAll(hashed, batch.bytes.length - SLACK_BYTES);
  }

  private write(batch: EntryColumns, from: number, to: number): void {
    const { hash, target, pending } = this;
    const { log, memory } = target;
    const { bytes, view, keyOffset, keyLength, valueOffset, valueLength, encoding, deadline } =
      batch;
    for (let i = from; i < to; i++) {
      const h = hash[i] as number;
      const keyBytes = keyLength[i] as number;
      const valueBytes = valueLength[i] as number;
      // A key at the very end of the bytes has no hash yet.
      if (h < 0 || keyBytes + valueBytes > INLINE_BYTES_MAX) {
        this.writeAlone(batch, i, h);
        continue;
      }
      const until = deadline[i] as number;
      const ref = log.allocate(
        granulesFor(keyBytes, valueBytes, until !== 0, false),
        target.queueFor(h),
      );
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
        target.countExpiring(1);
      }
      writeKeyWords(words, key, view, keyOffset[i] as number, keyBytes);
      const value = key * 4 + ((keyBytes + 7) & ~7);
      const start = valueOffset[i] as number;
      if (valueBytes > WORD_COPY_BYTES_MAX || start + valueBytes + SLACK_BYTES > bytes.length)
        to.set(bytes.subarray(start, start + valueBytes), value);
      else copyWords(toView, value, view, start, valueBytes);
      if (pending.add(h, ref)) this.linkPart(h);
    }
  }

  /** What came before under the same key must be found, in order to be replaced. */
  private writeAlone(batch: EntryColumns, entry: number, hash: number): void {
    if (hash < 0) this.end();
    else this.linkPart(hash);
    this.target.write(batch, entry);
  }

  private linkPart(hash: number): void {
    this.makeRoom();
    this.link(this.pending.take(hash));
  }

  /** For all that is pending, in the index. Where there is no memory for that, the first entry to miss it will say so. */
  private makeRoom(): void {
    const { index } = this.target;
    try {
      index.reserve(index.size + this.pending.size);
    } catch (error) {
      if (!(error instanceof ByteStoreError)) throw error;
    }
  }

  private link(slots: Int32Array): void {
    const { target } = this;
    const { index } = target;
    let at = 0;
    try {
      for (; at < slots.length; at += 2) {
        const hash = slots[at] as number;
        const ref = slots[at + 1] as number;
        if (!index.insertNew(hash, ref)) target.link(hash, ref);
      }
    } catch (error) {
      this.abandon(slots.subarray(at));
      throw error;
    }
  }

  /** The index has no room for these records: they are dead. */
  private abandon(slots: Int32Array): void {
    const { target } = this;
    const { log, memory } = target;
    for (let i = 1; i < slots.length; i += 2) {
      const ref = slots[i] as number;
      const { words } = memory.regions[ref >>> REGION_BITS] as Region;
      const at = (ref & REGION_MASK) * 2;
      const head = words[at] as number;
      words[at] = head | DEAD;
      if ((head & DEADLINE) !== 0) target.countExpiring(-1);
      log.free(ref, granulesAt(words, at));
    }
  }
}
