// One database of the byte engine: an index of hashes over records in segments. The
// functions on the way of GET and SET are written for the machine: no object, no
// string and no view is made for an operation, and a key is compared by words.
import { ByteStoreError } from './byte-store-error.ts';
import { Compactor } from './compactor.ts';
import type { Evictor } from './evictor.ts';
import type { HalfSipHash } from './half-sip-hash.ts';
import { HashIndex } from './hash-index.ts';
import type { Journal, Removal } from './journal.ts';
import { LargeValues } from './large-values.ts';
import {
  DEAD,
  DEADLINE,
  ENCODING_MASK,
  ENCODING_SHIFT,
  FREQUENCY_MASK,
  FREQUENCY_ONE,
  FREQUENCY_SHIFT,
  GHOST,
  INLINE_BYTES_MAX,
  KEY_BYTES_MAX,
  KEY_LENGTH_MASK,
  LARGE,
  REGION_BITS,
  REGION_MASK,
  SEGMENT_BITS,
  SLACK_BYTES,
  TYPE_MASK,
  TYPE_SHIFT,
  VALUE_BYTES_MAX,
} from './layout.ts';
import type { Allocate, Memory, Region } from './memory.ts';
import { deadlineAt, granulesAt, granulesFor, keyWord, valueByte } from './record.ts';
import { PROBATION, type Queue, RecordLog, segmentOf } from './record-log.ts';
import { Sweeper } from './sweeper.ts';

/** Byte ranges by number; `view` is over the same memory as `bytes`. */
export interface ByteRanges {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offset: Int32Array;
  readonly length: Int32Array;
}

/** What the databases of a store share. */
export interface ByteStoreShared {
  readonly memory: Memory;
  readonly hasher: HalfSipHash;
  readonly allocate: Allocate;
  readonly journal: Journal | undefined;
  /** Unix milliseconds by which deadlines are judged. */
  now: number;
  /** Refs that died while their segment was frozen, by segment. */
  readonly ghosts: Map<number, number[]>;
  expired: number;
  readonly random: () => number;
  /** Set while entries may be evicted. */
  evictor: Evictor | undefined;
}

/** Copies by 8 bytes up to here; above, the engine's own copy is faster. */
const WORD_COPY_BYTES_MAX = 256;
const TAIL_MASKS = Int32Array.of(0, 0xff, 0xffff, 0xffffff);
/** How often, in writes, compaction gets a turn, and how many records it may look at then. */
const COMPACTION_PERIOD = 64;
const COMPACTION_BUDGET = 256;
/** A write counts once more for each so many bytes: 4 KiB. */
const COMPACTION_WEIGHT_BITS = 12;

/** Copies `length` bytes, rounded up to 8; both sides have the slack. */
function copyWords(to: DataView, at: number, from: DataView, start: number, length: number): void {
  for (let i = 0; i < length; i += 8)
    to.setBigUint64(at + i, from.getBigUint64(start + i, true), true);
}

/** A numbered database: byte keys to byte values. */
export class ByteDatabase {
  readonly number: number;
  readonly log: RecordLog;
  readonly index: HashIndex;
  larges = new LargeValues();
  /** Entries with a deadline. */
  expiringSize = 0;
  readonly compactor: Compactor;
  readonly sweeper: Sweeper;
  private readonly shared: ByteStoreShared;
  private readonly memory: Memory;
  private writes = 0;
  /** A key or value without room behind it is copied here. */
  private scratch = new Uint8Array(0);
  private scratchView = new DataView(this.scratch.buffer);
  private keyView: DataView = this.scratchView;
  private keyBytes: Uint8Array = this.scratch;
  private keyOffset = 0;

  constructor(number: number, shared: ByteStoreShared) {
    this.number = number;
    this.shared = shared;
    this.memory = shared.memory;
    this.index = new HashIndex(shared.allocate);
    this.log = new RecordLog(shared.memory);
    this.compactor = new Compactor(this, shared.memory);
    this.sweeper = new Sweeper(this, shared.memory);
  }

  /** Entries; may count expired ones that were not met or swept yet. */
  get size(): number {
    return this.index.size;
  }

  /** The record of a key, or 0. */
  find(ranges: ByteRanges, key: number): number {
    const length = ranges.length[key] as number;
    this.takeKey(ranges, ranges.offset[key] as number, length);
    const hash = this.shared.hasher.hash(this.keyView, this.keyOffset, length);
    const place = this.probe(hash, length);
    if (place < 0) return 0;
    const ref = this.index.chunk[place + 1] as number;
    if (this.dropIfExpired(place, hash, ref)) return 0;
    if (this.shared.evictor !== undefined) this.countRead(ref);
    return ref;
  }

  /** Eviction spares what is read: the count is in the record's first word, which is at hand. */
  private countRead(ref: number): void {
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    if (head >>> FREQUENCY_SHIFT !== 3) words[at] = (head + FREQUENCY_ONE) | 0;
  }

  /** Points at a key, with slack behind it. */
  private takeKey(ranges: ByteRanges, offset: number, length: number): void {
    const { bytes } = ranges;
    if (offset + length + SLACK_BYTES <= bytes.length) {
      this.keyView = ranges.view;
      this.keyBytes = bytes;
      this.keyOffset = offset;
      return;
    }
    if (this.scratch.length < length + SLACK_BYTES) {
      this.scratch = new Uint8Array((length + SLACK_BYTES) * 2);
      this.scratchView = new DataView(this.scratch.buffer);
    }
    this.scratch.set(bytes.subarray(offset, offset + length));
    this.keyView = this.scratchView;
    this.keyBytes = this.scratch;
    this.keyOffset = 0;
  }

  /** The place in `index.chunk` of the key that was taken, or -1. */
  private probe(hash: number, length: number): number {
    const { index } = this;
    let at = index.home(hash);
    const { chunk } = index;
    while ((chunk[at] as number) < hash) at += 2;
    for (; chunk[at] === hash; at += 2) {
      const ref = chunk[at + 1] as number;
      if (ref === 0) return -1;
      if (this.hasKey(ref, length)) return at;
    }
    return -1;
  }

  /** Whether a record has the key that was taken. */
  private hasKey(ref: number, length: number): boolean {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const { words } = region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    if ((head & KEY_LENGTH_MASK) !== length) return false;
    if ((head & LARGE) !== 0) return this.hasLargeKey(words[keyWord(words, at)] as number, length);
    const key = at + 2 + ((head & DEADLINE) !== 0 ? 2 : 0);
    const { keyView: view, keyOffset: offset } = this;
    const whole = length >>> 2;
    for (let i = 0; i < whole; i++)
      if (words[key + i] !== view.getInt32(offset + i * 4, true)) return false;
    const tail = TAIL_MASKS[length & 3] as number;
    return tail === 0 || words[key + whole] === (view.getInt32(offset + whole * 4, true) & tail);
  }

  private hasLargeKey(number: number, length: number): boolean {
    const { bytes } = this.larges.get(number);
    const { keyBytes, keyOffset } = this;
    for (let i = 0; i < length; i++) if (bytes[i] !== keyBytes[keyOffset + i]) return false;
    return true;
  }

  /** Removes the entry at a place if its deadline has come. */
  private dropIfExpired(place: number, hash: number, ref: number): boolean {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    if (((region.words[at] as number) & DEADLINE) === 0) return false;
    if ((region.doubles[(at >>> 1) + 1] as number) > this.shared.now) return false;
    this.shared.expired++;
    this.unlink(place, hash, ref, 'expired');
    return true;
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
    type = 0,
  ): number {
    const keyLength = ranges.length[key] as number;
    if (keyLength > KEY_BYTES_MAX || length > VALUE_BYTES_MAX) throw tooLarge(keyLength, length);
    this.writes += 1 + (length >>> COMPACTION_WEIGHT_BITS);
    if (this.writes >= COMPACTION_PERIOD) this.compact();
    this.takeKey(ranges, ranges.offset[key] as number, keyLength);
    const hash = this.shared.hasher.hash(this.keyView, this.keyOffset, keyLength);
    let place = this.probe(hash, keyLength);
    if (place >= 0 && this.dropIfExpired(place, hash, this.index.chunk[place + 1] as number))
      place = -1;
    const head =
      keyLength |
      (deadline !== 0 ? DEADLINE : 0) |
      (type << TYPE_SHIFT) |
      (encoding << ENCODING_SHIFT);
    // What may fail for want of memory comes first: the old entry must stay then.
    const large =
      keyLength + length > INLINE_BYTES_MAX
        ? this.largeBuffer(keyLength, value, offset, length)
        : undefined;
    const ref = this.place(place, hash, head, length);
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    if (deadline !== 0) this.writeDeadline(ref, region, at, deadline);
    if (large !== undefined) region.words[keyWord(region.words, at)] = this.larges.add(large);
    else {
      const to = valueByte(region.words, at);
      if (
        length > WORD_COPY_BYTES_MAX ||
        value !== ranges.bytes ||
        offset + length + 8 > value.length
      )
        region.bytes.set(value.subarray(offset, offset + length), to);
      else copyWords(region.view, to, ranges.view, offset, length);
    }
    this.shared.journal?.put(this.number, ref);
    return ref;
  }

  /**
   * The record that a write goes to: the old one where it fits, else a new one with
   * its key, which takes the old one's place in the index.
   */
  private place(place: number, hash: number, head: number, length: number): number {
    const keyLength = head & KEY_LENGTH_MASK;
    const large = keyLength + length > INLINE_BYTES_MAX;
    const hasDeadline = (head & DEADLINE) !== 0;
    const granules = granulesFor(keyLength, length, hasDeadline, large);
    const old = place < 0 ? 0 : (this.index.chunk[place + 1] as number);
    if (old !== 0 && !large && this.fits(old, head, granules)) {
      const words = (this.memory.regions[old >>> REGION_BITS] as Region).words;
      const at = (old & REGION_MASK) * 2;
      words[at] = head | ((words[at] as number) & FREQUENCY_MASK);
      words[at + 1] = length;
      return old;
    }
    const ref = this.log.allocate(granules, this.queueFor(old, hash));
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    region.words[at] = large ? head | LARGE : head;
    region.words[at + 1] = length;
    if (!large) this.writeKey(region, keyWord(region.words, at), keyLength);
    if (hasDeadline) this.expiringSize++;
    if (old === 0) this.link(hash, ref, granules);
    else {
      this.index.chunk[place + 1] = ref;
      this.bury(old);
    }
    return ref;
  }

  /** Puts a new record into the index; where that has no room for it, the record is dead. */
  private link(hash: number, ref: number, granules: number): void {
    try {
      this.index.insert(hash, ref);
    } catch (error) {
      const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
      const at = (ref & REGION_MASK) * 2;
      const head = words[at] as number;
      words[at] = head | DEAD;
      if ((head & DEADLINE) !== 0) this.expiringSize--;
      this.log.free(ref, granules);
      throw error;
    }
  }

  /** A key that exists stays in its queue; a new one begins where the evictor says. */
  private queueFor(old: number, hash: number): Queue {
    const { evictor } = this.shared;
    if (evictor === undefined) return PROBATION;
    return old === 0 ? evictor.queueFor(hash) : this.log.queueOf(segmentOf(old));
  }

  /** Whether a write may go where the old record is. */
  private fits(old: number, head: number, granules: number): boolean {
    if (this.memory.frozen[old >>> SEGMENT_BITS] !== 0) return false;
    const words = (this.memory.regions[old >>> REGION_BITS] as Region).words;
    const at = (old & REGION_MASK) * 2;
    const before = words[at] as number;
    if (((before ^ head) & DEADLINE) !== 0 || (before & LARGE) !== 0) return false;
    return granulesAt(words, at) === granules;
  }

  /** Copies the key that was taken, padded with zeros. */
  private writeKey(region: Region, key: number, length: number): void {
    const { words } = region;
    const { keyView: view, keyOffset: offset } = this;
    const whole = length >>> 2;
    for (let i = 0; i < whole; i++) words[key + i] = view.getInt32(offset + i * 4, true);
    if ((length & 7) === 0) return;
    if ((whole & 1) === 0) words[key + whole + 1] = 0;
    words[key + whole] =
      view.getInt32(offset + whole * 4, true) & (TAIL_MASKS[length & 3] as number);
  }

  private writeDeadline(ref: number, region: Region, at: number, deadline: number): void {
    region.doubles[(at >>> 1) + 1] = deadline;
    const segment = ref >>> SEGMENT_BITS;
    const { earliest } = this.memory;
    if (deadline < (earliest[segment] as number)) earliest[segment] = deadline;
  }

  /** The buffer of a large record: the key, then the value. */
  private largeBuffer(
    keyLength: number,
    value: Uint8Array,
    offset: number,
    length: number,
  ): Uint8Array {
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(this.shared.allocate(keyLength + length + SLACK_BYTES));
    } catch (cause) {
      throw new ByteStoreError('OUT_OF_MEMORY', 'the system refused more memory', { cause });
    }
    bytes.set(this.keyBytes.subarray(this.keyOffset, this.keyOffset + keyLength));
    bytes.set(value.subarray(offset, offset + length), keyLength);
    return bytes;
  }

  /** Removes a key. False: there was none. */
  remove(ranges: ByteRanges, key: number): boolean {
    if (++this.writes >= COMPACTION_PERIOD) this.compact();
    const length = ranges.length[key] as number;
    this.takeKey(ranges, ranges.offset[key] as number, length);
    const hash = this.shared.hasher.hash(this.keyView, this.keyOffset, length);
    const place = this.probe(hash, length);
    if (place < 0) return false;
    const ref = this.index.chunk[place + 1] as number;
    if (this.dropIfExpired(place, hash, ref)) return false;
    this.unlink(place, hash, ref, 'deleted');
    return true;
  }

  /** Gives compaction a turn. */
  compact(): void {
    this.writes = 0;
    this.compactor.step(COMPACTION_BUDGET);
  }

  /** Sets the deadline of an entry, or with 0 removes it. False: there is no such entry. */
  setDeadline(ranges: ByteRanges, key: number, deadline: number): boolean {
    const ref = this.find(ranges, key);
    if (ref === 0) return false;
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const inPlace =
      ((region.words[at] as number) & DEADLINE) !== 0 &&
      deadline !== 0 &&
      this.memory.frozen[ref >>> SEGMENT_BITS] === 0;
    if (inPlace) {
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
    const view = this.valueView(ref);
    // What lies in a segment may be written over while it is copied; a large buffer is not.
    const isLarge = view.length + (ranges.length[key] as number) > INLINE_BYTES_MAX;
    const value = isLarge ? view : view.slice();
    const encoding = this.encodingOf(ref);
    this.set(ranges, key, value, 0, value.length, encoding, deadline, this.typeOf(ref));
  }

  /** Takes an entry out of the index. */
  unlink(place: number, hash: number, ref: number, why: Removal): void {
    this.shared.journal?.remove(this.number, ref, why);
    this.index.removeAt(place, hash);
    this.bury(ref);
  }

  /** Marks a record dead; while it is frozen it stays readable, as a ghost. */
  private bury(ref: number): void {
    const { memory } = this;
    const { words } = memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    const segment = ref >>> SEGMENT_BITS;
    const granules = granulesAt(words, at);
    if ((head & DEADLINE) !== 0) this.expiringSize--;
    if (memory.frozen[segment] !== 0) {
      words[at] = head | DEAD | GHOST;
      const ghosts = this.shared.ghosts.get(segment);
      if (ghosts === undefined) this.shared.ghosts.set(segment, [ref]);
      else ghosts.push(ref);
    } else {
      words[at] = head | DEAD;
      if ((head & LARGE) !== 0) this.larges.remove(words[keyWord(words, at)] as number);
    }
    this.log.free(ref, granules);
  }

  /** Moves a live record to the head of a queue, out of a segment that is being emptied. */
  move(ref: number, queue: Queue): void {
    const from = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const hash = this.hashOf(ref);
    const granules = granulesAt(from.words, at);
    const moved = this.log.allocate(granules, queue);
    const to = this.memory.regions[moved >>> REGION_BITS] as Region;
    const target = (moved & REGION_MASK) * 2;
    to.words.set(from.words.subarray(at, at + granules * 2), target);
    const deadline = deadlineAt(to.words, to.doubles, target);
    if (deadline !== 0) this.writeDeadline(moved, to, target, deadline);
    const place = this.index.placeOf(hash, ref);
    this.index.chunk[place + 1] = moved;
    from.words[at] = (from.words[at] as number) | DEAD;
    this.log.free(ref, granules);
  }

  /** Removes everything; answers how many entries there were. Frozen segments stay readable. */
  clear(): number {
    const removed = this.index.size;
    this.log.clear();
    this.compactor.reset();
    this.sweeper.reset();
    this.index.clear();
    this.larges = new LargeValues();
    this.expiringSize = 0;
    if (removed > 0) this.shared.journal?.flush(this.number);
    return removed;
  }

  private wordsOf(ref: number): Int32Array {
    return (this.memory.regions[ref >>> REGION_BITS] as Region).words;
  }

  typeOf(ref: number): number {
    return ((this.wordsOf(ref)[(ref & REGION_MASK) * 2] as number) >>> TYPE_SHIFT) & TYPE_MASK;
  }

  encodingOf(ref: number): number {
    return (
      ((this.wordsOf(ref)[(ref & REGION_MASK) * 2] as number) >>> ENCODING_SHIFT) & ENCODING_MASK
    );
  }

  deadlineOf(ref: number): number {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    return deadlineAt(region.words, region.doubles, (ref & REGION_MASK) * 2);
  }

  valueLength(ref: number): number {
    return this.wordsOf(ref)[(ref & REGION_MASK) * 2 + 1] as number;
  }

  /** Copies the whole value to `target` at `offset`, where there is room for it. */
  copyValue(ref: number, target: Uint8Array, offset: number): void {
    target.set(this.valueView(ref), offset);
  }

  /** The value's bytes, good until the next write. */
  valueView(ref: number): Uint8Array {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = region.words[at] as number;
    const length = region.words[at + 1] as number;
    if ((head & LARGE) !== 0) {
      const keyLength = head & KEY_LENGTH_MASK;
      const { bytes } = this.larges.get(region.words[keyWord(region.words, at)] as number);
      return bytes.subarray(keyLength, keyLength + length);
    }
    const from = valueByte(region.words, at);
    return region.bytes.subarray(from, from + length);
  }

  /** The key's bytes, good until the next write. */
  keyOf(ref: number): Uint8Array {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = region.words[at] as number;
    const key = keyWord(region.words, at);
    const length = head & KEY_LENGTH_MASK;
    if ((head & LARGE) !== 0)
      return this.larges.get(region.words[key] as number).bytes.subarray(0, length);
    return region.bytes.subarray(key * 4, key * 4 + length);
  }

  /** The hash of a record's key. */
  hashOf(ref: number): number {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = region.words[at] as number;
    const key = keyWord(region.words, at);
    const length = head & KEY_LENGTH_MASK;
    if ((head & LARGE) !== 0)
      return this.shared.hasher.hash(this.larges.get(region.words[key] as number).view, 0, length);
    return this.shared.hasher.hash(region.view, key * 4, length);
  }

  /** Removes a record that was met on a walk and whose deadline has come. */
  expire(ref: number): void {
    const hash = this.hashOf(ref);
    const place = this.index.placeOf(hash, ref);
    this.shared.expired++;
    this.unlink(place, hash, ref, 'expired');
  }

  /** Removes a record to make room; answers its hash. */
  evict(ref: number): number {
    const hash = this.hashOf(ref);
    this.unlink(this.index.placeOf(hash, ref), hash, ref, 'evicted');
    return hash;
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
    return this.index.random(random, (ref) => {
      const deadline = this.deadlineOf(ref);
      return deadline === 0 || deadline > now;
    });
  }
}

function tooLarge(keyLength: number, length: number): ByteStoreError {
  return new ByteStoreError(
    'TOO_LARGE',
    `a key of ${keyLength} and a value of ${length} bytes; ${KEY_BYTES_MAX} and ${VALUE_BYTES_MAX} are allowed`,
  );
}
