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
import { letGo, structureNumber } from './records.ts';
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
    for (let segment = this.left.at(-1); segment !== undefined; segment = this.left.at(-1)) {
      this.walk ??= new SegmentWalk(this.memory, segment.segment);
      for (let ref = this.walk.next(); ref !== 0; ref = this.walk.next()) {
        const entry = this.read(segment, ref);
        if (entry !== undefined) return entry;
      }
      this.left.pop();
      this.walk = undefined;
      this.thaw(segment);
    }
    return undefined;
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
    for (let next = this.left.pop(); next !== undefined; next = this.left.pop()) this.thaw(next);
    if (this.onClose === undefined) return;
    for (const beside of this.shared.left.splice(0)) beside.forget();
    this.onClose();
    this.onClose = undefined;
  }
}
