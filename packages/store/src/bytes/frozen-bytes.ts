import type { Beside, Structure } from './beside.ts';
import type { ByteDatabase } from './byte-database.ts';
import {
  DEAD,
  ENCODING_MASK,
  ENCODING_SHIFT,
  GHOST,
  KEY_LENGTH_MASK,
  LARGE,
  REGION_BITS,
  REGION_MASK,
  TYPE_MASK,
  TYPE_SHIFT,
} from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { deadlineAt, keyWord, valueByte } from './record.ts';
import { copyWords, letGo, structureNumber, WORD_COPY_BYTES_MAX } from './records.ts';
import { SegmentWalk } from './segment-walk.ts';
import type { ByteStoreShared } from './shared.ts';

/** An entry of a frozen view. The views into memory are good until the next one is asked for. */
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

/**
 * All entries of a store as they were at one moment, while it goes on being written.
 *
 * What was there is frozen where it lies: writes go elsewhere, and records that die
 * stay readable as ghosts until their segment has been read. So it costs the memory
 * of what is changed meanwhile, and no copy.
 */
export class FrozenBytes implements Iterable<FrozenEntry> {
  /** Entries, expired ones that were not swept yet included. */
  readonly count: number;
  private readonly memory: Memory;
  private readonly shared: ByteStoreShared;
  private readonly now: number;
  private readonly left: FrozenSegment[] = [];
  private walk: SegmentWalk | undefined;
  /** A record that was met, and had no room. */
  private held = 0;
  /** Undefined once the view is closed. */
  private onClose: (() => void) | undefined;

  constructor(databases: readonly ByteDatabase[], shared: ByteStoreShared, onClose: () => void) {
    this.shared = shared;
    this.memory = shared.memory;
    this.now = shared.now;
    this.onClose = onClose;
    let count = 0;
    for (const database of databases) {
      count += database.size;
      database.log.closeHeads();
      for (const segment of database.log.segments()) {
        this.memory.frozen[segment] = 1;
        this.left.push({ database, number: database.number, segment, beside: database.beside });
      }
    }
    this.count = count;
    // Read from the last to the first, so that each can be taken off the end.
    this.left.reverse();
  }

  /** Goes on where an earlier iteration stopped; what was read is not read again. */
  *[Symbol.iterator](): Iterator<FrozenEntry> {
    for (let entry = this.next(); entry !== undefined; entry = this.next()) yield entry;
  }

  /** The next entry; undefined at the end, and when the view was closed. */
  private next(): FrozenEntry | undefined {
    for (let ref = this.nextRef(); ref !== 0; ref = this.nextRef()) {
      const entry = this.read(this.segment, ref);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /**
   * Writes entries into a target, on from where an earlier call or iteration stopped, until it has no room for the
   * next one: true then, false at the end. No object is made for an entry.
   *
   * @throws Error at a structure: it has no bytes that could be copied, and an empty value in its place would be lost
   * without a word. Who has structures iterates.
   */
  copyTo(target: FrozenTarget): boolean {
    for (let ref = this.nextRef(); ref !== 0; ref = this.nextRef()) {
      if (this.copy(this.segment, ref, target)) continue;
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

  /** False: the target has no room. What was dead or expired when the view was taken is passed over. */
  private copy({ number, beside }: FrozenSegment, ref: number, target: FrozenTarget): boolean {
    const { words, bytes, view, doubles } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    if ((head & DEAD) !== 0 && (head & GHOST) === 0) return true;
    const deadline = deadlineAt(words, doubles, at);
    if (deadline !== 0 && deadline <= this.now) return true;
    const type = (head >>> TYPE_SHIFT) & TYPE_MASK;
    if (type !== 0) throw new Error('a structure has no bytes to copy: iterate over the view');
    const keyLength = head & KEY_LENGTH_MASK;
    const valueLength = words[at + 1] as number;
    const encoding = (head >>> ENCODING_SHIFT) & ENCODING_MASK;
    const to = target.put(number, type, encoding, deadline, keyLength, valueLength);
    if (to < 0) return false;
    const start = keyWord(words, at);
    if ((head & LARGE) !== 0) {
      const large = beside.large(words[start] as number);
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
  private read({ number, beside }: FrozenSegment, ref: number): FrozenEntry | undefined {
    const { words, bytes, doubles } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    if ((head & DEAD) !== 0 && (head & GHOST) === 0) return undefined;
    const deadline = deadlineAt(words, doubles, at);
    if (deadline !== 0 && deadline <= this.now) return undefined;
    const keyLength = head & KEY_LENGTH_MASK;
    const valueLength = words[at + 1] as number;
    const large = (head & LARGE) !== 0 ? beside.large(words[keyWord(words, at)] as number) : null;
    const source = large === null ? bytes : large.bytes;
    const key = large === null ? keyWord(words, at) * 4 : large.key;
    const value = large === null ? valueByte(words, at) : large.value;
    const type = (head >>> TYPE_SHIFT) & TYPE_MASK;
    const structure =
      type === 0 ? undefined : beside.structure(structureNumber(this.memory, beside, ref));
    return {
      database: number,
      key: source.subarray(key, key + keyLength),
      value: source.subarray(value, value + (type === 0 ? valueLength : 0)),
      type,
      structure,
      encoding: (head >>> ENCODING_SHIFT) & ENCODING_MASK,
      deadline: deadline === 0 ? undefined : deadline,
    };
  }

  /** A segment has been read: its ghosts are plain dead records now. */
  private thaw({ database, segment, beside }: FrozenSegment): void {
    const { memory } = this;
    const { ghosts } = this.shared;
    memory.frozen[segment] = 0;
    for (const ref of ghosts.get(segment) ?? []) {
      const { words } = memory.regions[ref >>> REGION_BITS] as Region;
      const at = (ref & REGION_MASK) * 2;
      words[at] = (words[at] as number) & ~GHOST;
      letGo(memory, beside, ref);
    }
    ghosts.delete(segment);
    // A flush meanwhile has left the segment to us.
    if (database.log.owns(segment)) database.log.releaseIfEmpty(segment);
    else memory.release(segment);
  }

  /** Ends the view; what was not read is thawed. Again, it does nothing. */
  close(): void {
    this.walk = undefined;
    this.held = 0;
    for (let next = this.left.pop(); next !== undefined; next = this.left.pop()) this.thaw(next);
    if (this.onClose === undefined) return;
    for (const beside of this.shared.left.splice(0)) beside.forget();
    this.onClose();
    this.onClose = undefined;
  }
}
