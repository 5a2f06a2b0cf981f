import type { Beside, Structure } from './beside.ts';
import type { ByteDatabase } from './byte-database.ts';
import { KeptRecords } from './kept-records.ts';
import {
  BESIDE,
  DEAD,
  ENCODING_MASK,
  ENCODING_SHIFT,
  GHOST,
  KEY_LENGTH_MASK,
  LARGE,
  REGION_BITS,
  REGION_MASK,
  SEGMENT_BITS,
  TYPE_MASK,
  TYPE_SHIFT,
} from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { deadlineAt, keyWord, valueByte } from './record.ts';
import { copyWords, letGo, structureNumber, WORD_COPY_BYTES_MAX } from './records.ts';
import { SegmentWalk } from './segment-walk.ts';
import type { ByteStoreShared } from './shared.ts';

/** An entry of a frozen view. Its bytes do not change. */
export interface FrozenEntry {
  readonly database: number;
  readonly key: Uint8Array;
  /** Empty where there is a structure. */
  readonly value: Uint8Array;
  /** 0 for bytes; the types from 1 on have a structure. */
  readonly type: number;
  readonly structure: Structure | undefined;
  readonly encoding: number;
  /** Unix milliseconds; `undefined` is none. */
  readonly deadline: number | undefined;
}

/** Takes entries without an object for each. */
export interface FrozenTarget {
  readonly bytes: Uint8Array;
  /** Over the same memory as `bytes`. */
  readonly view: DataView;
  /**
   * Begins an entry; a deadline of 0 is none. Answers where its key goes, its value right behind it; -1 when there is no
   * room. Up to 8 bytes behind the value may be overwritten.
   */
  put(
    database: number,
    type: number,
    encoding: number,
    deadline: number,
    keyLength: number,
    valueLength: number,
  ): number;
}

function copyRange(
  target: FrozenTarget,
  to: number,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  length: number,
): void {
  if (length > WORD_COPY_BYTES_MAX) target.bytes.set(bytes.subarray(start, start + length), to);
  else copyWords(target.view, to, view, start, length);
}

/** A segment of the view, and where the large entries and structures in it are. */
interface FrozenSegment {
  readonly database: ByteDatabase;
  /** The number of the database when the view was taken. */
  readonly number: number;
  readonly segment: number;
  readonly beside: Beside;
}

/** Whether a view has to read a record with this head: it was alive when the view was taken, and was not given to it. */
function isToBeRead(head: number): boolean {
  return ((head & DEAD) !== 0) === ((head & GHOST) !== 0);
}

/**
 * All entries of a store as they were at one moment, while it goes on being written.
 *
 * What was there is frozen where it lies. A record that changes or dies before it was read is kept
 * for the view first, as a copy; what has a buffer or a structure of its own, and dies, stays
 * readable as a ghost until its segment has been read. So a view costs the memory of what is
 * changed between two looks at it.
 */
export class FrozenBytes implements Iterable<FrozenEntry> {
  /** Entries, expired ones that were not swept yet included. */
  readonly count: number;
  private readonly memory: Memory;
  private readonly shared: ByteStoreShared;
  private readonly now: number;
  private readonly left: FrozenSegment[] = [];
  /** The numbers of their databases when the view was taken, by segment. */
  private readonly numbers: Int32Array;
  private walk: SegmentWalk | undefined;
  /** A record that was met, and had no room. */
  private held = 0;
  private readonly kept: KeptRecords;
  /** 1 for the segments of which records were kept. */
  private readonly keptOf: Uint8Array;
  /** Undefined once the view is closed. */
  private onClose: (() => void) | undefined;

  constructor(databases: readonly ByteDatabase[], shared: ByteStoreShared, onClose: () => void) {
    this.shared = shared;
    this.memory = shared.memory;
    this.now = shared.now;
    this.onClose = onClose;
    this.kept = new KeptRecords(shared.allocate);
    this.numbers = new Int32Array(this.memory.frozen.length);
    this.keptOf = new Uint8Array(this.memory.frozen.length);
    let count = 0;
    for (const database of databases) {
      const { number, beside } = database;
      count += database.size;
      database.log.closeHeads();
      for (const segment of database.log.segments()) {
        this.memory.frozen[segment] = 1;
        this.numbers[segment] = number;
        this.left.push({ database, number, segment, beside });
      }
    }
    this.count = count;
    // Read from the last to the first, so that each can be taken off the end.
    this.left.reverse();
  }

  /** Bytes of what is kept for the view. */
  get keptBytes(): number {
    return this.kept.bytes;
  }

  /**
   * To be called before a record of a frozen segment changes or dies: if it is yet to be read, the view
   * keeps a copy. False: it refers to something, or there is no memory; then it must stay as it is.
   */
  keep(ref: number): boolean {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = region.words[at] as number;
    if ((head & BESIDE) !== 0) return false;
    if (!isToBeRead(head) || this.hasRead(ref)) return true;
    const segment = ref >>> SEGMENT_BITS;
    if (!this.kept.add(this.numbers[segment] as number, region, at)) return false;
    this.keptOf[segment] = 1;
    region.words[at] = head | GHOST;
    return true;
  }

  private hasRead(ref: number): boolean {
    const { walk } = this;
    return walk?.segment === ref >>> SEGMENT_BITS && walk.hasPassed(ref) && ref !== this.held;
  }

  /** Goes on where an earlier iteration stopped; what was read is not read again. */
  *[Symbol.iterator](): Iterator<FrozenEntry> {
    for (let entry = this.next(); entry !== undefined; entry = this.next()) yield entry;
  }

  /** The next entry; undefined at the end, and when the view was closed. */
  private next(): FrozenEntry | undefined {
    const { kept, memory } = this;
    while (!kept.isEmpty) {
      const entry = this.read(kept.region, kept.word, kept.number, undefined);
      kept.drop();
      if (entry !== undefined) return entry;
    }
    for (let ref = this.nextRef(); ref !== 0; ref = this.nextRef()) {
      const region = memory.regions[ref >>> REGION_BITS] as Region;
      const { number, beside } = this.segment;
      const entry = this.read(region, (ref & REGION_MASK) * 2, number, beside);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /**
   * Writes entries into a target, on from where an earlier call or iteration stopped, until it has no room for the
   * next one: true then, false at the end. No object is made for an entry.
   */
  copyTo(target: FrozenTarget): boolean {
    const { kept, memory } = this;
    while (!kept.isEmpty) {
      if (!this.copy(kept.region, kept.word, kept.number, undefined, target)) return true;
      kept.drop();
    }
    for (let ref = this.nextRef(); ref !== 0; ref = this.nextRef()) {
      const region = memory.regions[ref >>> REGION_BITS] as Region;
      const { number, beside } = this.segment;
      if (this.copy(region, (ref & REGION_MASK) * 2, number, beside, target)) continue;
      this.held = ref;
      return true;
    }
    return false;
  }

  /** The next record, which lies in {@link segment}; 0 at the end. A segment that has been read is thawed. */
  private nextRef(): number {
    const { held } = this;
    if (held !== 0) {
      this.held = 0;
      return held;
    }
    while (this.left.length > 0) {
      this.walk ??= new SegmentWalk(this.memory, this.segment.segment);
      const ref = this.walk.next();
      if (ref !== 0) return ref;
      this.walk = undefined;
      this.thaw(this.left.pop() as FrozenSegment);
    }
    return 0;
  }

  /** The segment that is being read. */
  private get segment(): FrozenSegment {
    return this.left[this.left.length - 1] as FrozenSegment;
  }

  /** Whether the record at a word is one to show: of those passed over, what the view was given loses its mark. */
  private isShown({ words, doubles }: Region, at: number): boolean {
    const head = words[at] as number;
    if (!isToBeRead(head)) {
      words[at] = head & ~GHOST;
      return false;
    }
    const deadline = deadlineAt(words, doubles, at);
    return deadline === 0 || deadline > this.now;
  }

  /** False: the target has no room. What was dead or expired when the view was taken is passed over. */
  private copy(
    region: Region,
    at: number,
    number: number,
    beside: Beside | undefined,
    target: FrozenTarget,
  ): boolean {
    if (!this.isShown(region, at)) return true;
    const { words, bytes, view, doubles } = region;
    const head = words[at] as number;
    const type = (head >>> TYPE_SHIFT) & TYPE_MASK;
    const keyLength = head & KEY_LENGTH_MASK;
    const valueLength = type === 0 ? (words[at + 1] as number) : 0;
    const encoding = (head >>> ENCODING_SHIFT) & ENCODING_MASK;
    const deadline = deadlineAt(words, doubles, at);
    const to = target.put(number, type, encoding, deadline, keyLength, valueLength);
    if (to < 0) return false;
    const start = keyWord(words, at);
    if ((head & LARGE) !== 0) {
      const large = (beside as Beside).large(words[start] as number);
      target.bytes.set(large.bytes.subarray(large.key, large.key + keyLength), to);
      const value = large.bytes.subarray(large.value, large.value + valueLength);
      target.bytes.set(value, to + keyLength);
      return true;
    }
    copyRange(target, to, bytes, view, start * 4, keyLength);
    copyRange(target, to + keyLength, bytes, view, valueByte(words, at), valueLength);
    return true;
  }

  /** The entry of a record; undefined if it was dead or expired when the view was taken. */
  private read(
    region: Region,
    at: number,
    number: number,
    beside: Beside | undefined,
  ): FrozenEntry | undefined {
    if (!this.isShown(region, at)) return undefined;
    const { words, doubles } = region;
    const head = words[at] as number;
    const type = (head >>> TYPE_SHIFT) & TYPE_MASK;
    const deadline = deadlineAt(words, doubles, at);
    return {
      database: number,
      ...this.keyAndValue(region, at, type, beside),
      type,
      structure: type === 0 ? undefined : beside?.structure(structureNumber(region, at, beside)),
      encoding: (head >>> ENCODING_SHIFT) & ENCODING_MASK,
      deadline: deadline === 0 ? undefined : deadline,
    };
  }

  /** The bytes of a record: copies, since it has been read and may change now. A large entry never does. */
  private keyAndValue(
    { words, bytes }: Region,
    at: number,
    type: number,
    beside: Beside | undefined,
  ): Pick<FrozenEntry, 'key' | 'value'> {
    const head = words[at] as number;
    const keyLength = head & KEY_LENGTH_MASK;
    const valueLength = type === 0 ? (words[at + 1] as number) : 0;
    const start = keyWord(words, at);
    if ((head & LARGE) === 0) {
      const value = valueByte(words, at);
      return {
        key: bytes.slice(start * 4, start * 4 + keyLength),
        value: bytes.slice(value, value + valueLength),
      };
    }
    const large = (beside as Beside).large(words[start] as number);
    return {
      key: large.bytes.subarray(large.key, large.key + keyLength),
      value: large.bytes.subarray(large.value, large.value + valueLength),
    };
  }

  /** A segment has been read: its ghosts are plain dead records now. */
  private thaw({ database, segment, beside }: FrozenSegment): void {
    const { memory } = this;
    const { ghosts } = this.shared;
    memory.frozen[segment] = 0;
    for (const ref of ghosts.get(segment) ?? []) {
      const region = memory.regions[ref >>> REGION_BITS] as Region;
      const at = (ref & REGION_MASK) * 2;
      region.words[at] = (region.words[at] as number) & ~GHOST;
      letGo(region, at, beside);
    }
    ghosts.delete(segment);
    // A flush meanwhile has left the segment to us.
    if (database.log.owns(segment)) database.log.releaseIfEmpty(segment);
    else memory.release(segment);
  }

  /** Takes the marks off the records of a segment that will not be read. */
  private unmark({ database, segment }: FrozenSegment): void {
    const { memory } = this;
    if (this.keptOf[segment] === 0 || !database.log.owns(segment)) return;
    const walk = new SegmentWalk(memory, segment);
    for (let ref = walk.next(); ref !== 0; ref = walk.next()) {
      const { words } = memory.regions[ref >>> REGION_BITS] as Region;
      const at = (ref & REGION_MASK) * 2;
      const head = words[at] as number;
      if (!isToBeRead(head)) words[at] = head & ~GHOST;
    }
  }

  /** Ends the view; what was not read is thawed. Again, it does nothing. */
  close(): void {
    this.walk = undefined;
    this.held = 0;
    this.kept.clear();
    for (let next = this.left.pop(); next !== undefined; next = this.left.pop()) {
      this.unmark(next);
      this.thaw(next);
    }
    if (this.onClose === undefined) return;
    for (const beside of this.shared.left.splice(0)) beside.forget();
    this.onClose();
    this.onClose = undefined;
  }
}
