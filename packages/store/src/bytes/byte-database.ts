// One database of the byte engine: an index of hashes over records in segments. The
// functions on the way of GET and SET are written for the machine: no object, no
// string and no view is made for an operation, and a key is compared by words.
import { Beside, type Structure } from './beside.ts';
import { BulkLoad, type EntryColumns } from './bulk-load.ts';
import { type ByteRanges, type KeyBatch, OneRange } from './byte-ranges.ts';
import { Compactor } from './compactor.ts';
import {
  DEADLINE,
  ENCODING_SHIFT,
  INLINE_BYTES_MAX,
  REGION_BITS,
  REGION_MASK,
  SEGMENT_BITS,
  TYPE_SHIFT,
} from './layout.ts';
import type { Region } from './memory.ts';
import { Prefetcher } from './prefetch.ts';
import { randomRef } from './random-ref.ts';
import { PROBATION } from './record-log.ts';
import type { ByteStoreShared } from './shared.ts';
import { Sweeper } from './sweeper.ts';
import { WrittenEntries } from './written-entries.ts';

/** How often, in writes, compaction gets a turn, and how many records it may look at then. */
const COMPACTION_PERIOD = 64;
const COMPACTION_BUDGET = 256;
/** A write counts once more for each so many bytes: 4 KiB. */
const COMPACTION_WEIGHT_BITS = 12;
/** An entry of bytes, not of a structure. */
const BYTES_TYPE = 0;
/** A slot of the index and its part of the empty ones: tables are half to 85% full. */
const SLOT_BYTES = 12;
/** The value of a structure's entry: its number. */
const NUMBER_BYTES = 4;

/** A numbered database: byte keys to byte values. */
export class ByteDatabase extends WrittenEntries {
  readonly compactor: Compactor;
  readonly sweeper: Sweeper;
  private readonly prefetcher: Prefetcher;
  private writes = 0;
  private readonly numberBytes = new Uint8Array(NUMBER_BYTES);
  private readonly numberView = new DataView(this.numberBytes.buffer);

  constructor(number: number, shared: ByteStoreShared) {
    super(number, shared);
    this.prefetcher = new Prefetcher(shared.hasher, this);
    this.compactor = new Compactor(this, shared.memory);
    this.sweeper = new Sweeper(this, shared.memory);
  }

  /** Entries; may count expired ones that were not met or swept yet. */
  get size(): number {
    return this.index.size;
  }

  /** Bytes that an entry takes: its record, what belongs to it, and its slot in the index. */
  memoryOf(ref: number): number {
    return this.bytesOf(ref) + SLOT_BYTES;
  }

  /**
   * Hashes the keys of a batch and brings their entries into the processor's cache. The
   * look-ups themselves are made one by one afterwards, by {@link find} and the others;
   * they are right whatever is written between.
   */
  prefetch(batch: KeyBatch): void {
    if (!this.prefetcher.run(batch)) return;
    batch.hintedBy = this;
    batch.hintVersion = this.index.version;
    batch.hintVoided = this.memory.voided;
  }

  /**
   * Writes an entry: `length` bytes of `value` at `offset` under a key; `deadline` 0
   * is none. Answers the record.
   *
   * @throws ByteStoreError `TOO_LARGE`, `OUT_OF_MEMORY`; the old entry stays
   */
  set(
    ranges: ByteRanges,
    key: number,
    value: Uint8Array,
    offset: number,
    length: number,
    encoding: number,
    deadline: number,
  ): number {
    const head = (deadline !== 0 ? DEADLINE : 0) | (encoding << ENCODING_SHIFT);
    this.countWrite(length);
    const ref = this.write(ranges, key, value, offset, length, head, deadline);
    this.shared.journal?.put(this.number, ref, this.added);
    return ref;
  }

  /**
   * Writes `length` bytes of `value` at `offset` over the value of an entry that was just found;
   * its encoding and its deadline stay, and so does the record. False, and nothing has changed:
   * they take another room than the old value, or that must stay for a view; {@link set} writes
   * them then.
   */
  overwrite(ref: number, value: Uint8Array, offset: number, length: number): boolean {
    if (!this.writeOver(ref, value, offset, length)) return false;
    this.shared.journal?.put(this.number, ref, false);
    return true;
  }

  /**
   * Begins to write many entries, as a restore has them: faster than one by one, and the journal is
   * not told. Whatever is there under their keys is replaced. Until the load has ended the database
   * must be left alone: what was added is not found yet.
   */
  beginLoad(): BulkLoad {
    const { hasher, index, log, memory, shared } = this;
    const range = new OneRange();
    return new BulkLoad({
      ...{ hasher, index, log, memory },
      queueFor: (hash) => shared.evictor?.queueFor(hash) ?? PROBATION,
      countExpiring: (count) => {
        this.expiringSize += count;
      },
      write: (batch, entry) => this.writeLoaded(range, batch, entry),
      link: (hash, ref) => this.linkLoaded(range, hash, ref),
    });
  }

  private writeLoaded(range: OneRange, batch: EntryColumns, entry: number): void {
    const { bytes } = batch;
    const key = batch.keyOffset[entry] as number;
    range.take(bytes.subarray(key, key + (batch.keyLength[entry] as number)));
    const deadline = batch.deadline[entry] as number;
    const flags =
      (deadline !== 0 ? DEADLINE : 0) | ((batch.encoding[entry] as number) << ENCODING_SHIFT);
    const offset = batch.valueOffset[entry] as number;
    const length = batch.valueLength[entry] as number;
    // Compaction gets no turn: it would look for records in the index that are not there yet.
    this.write(range, 0, bytes, offset, length, flags, deadline);
  }

  /** Puts a record into the index, in the place of the one that has its key. */
  private linkLoaded(range: OneRange, hash: number, ref: number): void {
    const old = this.lookUp(range.take(this.keyOf(ref)), 0);
    if (old === 0) {
      this.index.insert(hash, ref);
      return;
    }
    this.index.replace(hash, old, ref);
    this.bury(old);
  }

  /**
   * Writes an entry whose value is a structure of a type from 1 to 7. Answers the record.
   *
   * @throws ByteStoreError `TOO_LARGE`, `OUT_OF_MEMORY`; the old entry stays
   */
  setStructure(
    ranges: ByteRanges,
    key: number,
    type: number,
    structure: Structure,
    deadline: number,
  ): number {
    const number = this.beside.addStructure(structure);
    this.numberView.setInt32(0, number, true);
    const head = (deadline !== 0 ? DEADLINE : 0) | (type << TYPE_SHIFT);
    this.countWrite(NUMBER_BYTES);
    let ref: number;
    try {
      ref = this.write(ranges, key, this.numberBytes, 0, NUMBER_BYTES, head, deadline);
    } catch (error) {
      this.beside.removeStructure(number);
      throw error;
    }
    this.shared.journal?.put(this.number, ref, this.added);
    return ref;
  }

  /**
   * The structure of an entry, to be changed. While a frozen view has the entry to read
   * the view keeps the structure as it is, and the entry gets a clone.
   *
   * @throws ByteStoreError `OUT_OF_MEMORY`; nothing has changed
   */
  structureToChange(ranges: ByteRanges, key: number, ref: number): Structure {
    const structure = this.structureOf(ref);
    if (this.memory.frozen[ref >>> SEGMENT_BITS] === 0) return structure;
    const clone = structure.clone();
    this.setStructure(ranges, key, this.typeOf(ref), clone, this.deadlineOf(ref));
    return clone;
  }

  /** Counts the memory of an entry's structure anew: it has changed. */
  resized(ref: number): void {
    this.beside.resized(this.structureNumber(ref));
  }

  /** Removes a key. False: there was none. */
  remove(ranges: ByteRanges, key: number): boolean {
    this.countWrite(0);
    const ref = this.lookUp(ranges, key);
    if (ref === 0 || this.dropIfExpired(ref)) return false;
    this.unlink(this.hash, ref, 'deleted');
    return true;
  }

  /** Gives compaction a turn after so many writes. */
  private countWrite(bytes: number): void {
    this.writes += 1 + (bytes >>> COMPACTION_WEIGHT_BITS);
    if (this.writes >= COMPACTION_PERIOD) this.compact();
  }

  /** Gives compaction a turn. */
  compact(): void {
    this.writes = 0;
    const { pauses } = this.shared;
    const began = pauses.begin();
    this.compactor.step(COMPACTION_BUDGET);
    pauses.end('compaction', began);
  }

  /** Sets the deadline of an entry, or with 0 removes it. False: there is no such entry. */
  setDeadline(ranges: ByteRanges, key: number, deadline: number): boolean {
    const ref = this.find(ranges, key);
    if (ref === 0) return false;
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const hasRoom = ((region.words[at] as number) & DEADLINE) !== 0 && deadline !== 0;
    if (hasRoom && this.isFreeToChange(ref)) {
      this.writeDeadline(ref, region, at, deadline);
      this.shared.journal?.deadline(this.number, ref, deadline);
    } else {
      this.rewrite(ranges, key, ref, deadline);
    }
    return true;
  }

  /** Writes an entry anew: the record has no room for a deadline, or must not be changed. */
  private rewrite(ranges: ByteRanges, key: number, ref: number, deadline: number): void {
    if (deadline === 0 && this.deadlineOf(ref) === 0) return;
    const type = this.typeOf(ref);
    if (type !== BYTES_TYPE) {
      const structure = this.structureOf(ref);
      const isFrozen = this.memory.frozen[ref >>> SEGMENT_BITS] !== 0;
      this.setStructure(ranges, key, type, isFrozen ? structure.clone() : structure, deadline);
      return;
    }
    const view = this.valueView(ref);
    // What lies in a segment may be written over while it is copied; a large buffer is not.
    const isLarge = view.length + (ranges.length[key] as number) > INLINE_BYTES_MAX;
    const value = isLarge ? view : view.slice();
    this.set(ranges, key, value, 0, value.length, this.encodingOf(ref), deadline);
  }

  /** Removes everything; answers how many entries there were. Frozen segments stay readable. */
  clear(): number {
    const removed = this.index.size;
    this.log.clear();
    this.compactor.reset();
    this.sweeper.reset();
    this.index.clear();
    this.leaveBeside();
    this.expiringSize = 0;
    if (removed > 0) this.shared.journal?.flush(this.number);
    return removed;
  }

  /** What a view may still read is left to it, and counted until it is closed. */
  private leaveBeside(): void {
    const { left, besideAccount, view } = this.shared;
    if (view !== undefined) left.push(this.beside);
    else this.beside.forget();
    this.beside = new Beside(besideAccount);
  }

  /** See {@link HashIndex.walk}; expired entries are passed over. */
  scan(cursor: number, count: number, visit: (ref: number) => void): number {
    const { now } = this.shared;
    return this.index.walk(cursor, count, (ref) => {
      const deadline = this.deadlineOf(ref);
      if (deadline === 0 || deadline > now) visit(ref);
    });
  }

  /** A record chosen at random, each with the same chance; 0 if there is none. */
  random(): number {
    const { now, random } = this.shared;
    return randomRef(this.index, random, (ref) => {
      const deadline = this.deadlineOf(ref);
      return deadline === 0 || deadline > now;
    });
  }
}
