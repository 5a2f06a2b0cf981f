import type { ByteDatabase } from './byte-database.ts';
import type { LargeValues } from './large-values.ts';
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
import { SegmentWalk } from './segment-walk.ts';

/** An entry of a frozen view. The views into memory are good until the next one is asked for. */
export interface FrozenEntry {
  readonly database: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly type: number;
  readonly encoding: number;
  /** Unix milliseconds; `undefined` is none. */
  readonly deadline: number | undefined;
}

/** A segment of the view, and where the large records in it are. */
interface FrozenSegment {
  readonly database: ByteDatabase;
  readonly segment: number;
  readonly larges: LargeValues;
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
  private readonly ghosts: Map<number, number[]>;
  private readonly now: number;
  private readonly left: FrozenSegment[] = [];
  private walk: SegmentWalk | undefined;
  /** Undefined once the view is closed. */
  private onClose: (() => void) | undefined;

  constructor(
    databases: readonly ByteDatabase[],
    shared: {
      readonly memory: Memory;
      readonly ghosts: Map<number, number[]>;
      readonly now: number;
    },
    onClose: () => void,
  ) {
    this.memory = shared.memory;
    this.ghosts = shared.ghosts;
    this.now = shared.now;
    this.onClose = onClose;
    let count = 0;
    for (const database of databases) {
      count += database.size;
      database.log.closeHeads();
      for (const segment of database.log.segments()) {
        this.memory.frozen[segment] = 1;
        this.left.push({ database, segment, larges: database.larges });
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
  private read({ database, larges }: FrozenSegment, ref: number): FrozenEntry | undefined {
    const { words, bytes, doubles } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    if ((head & DEAD) !== 0 && (head & GHOST) === 0) return undefined;
    const deadline = deadlineAt(words, doubles, at);
    if (deadline !== 0 && deadline <= this.now) return undefined;
    const keyLength = head & KEY_LENGTH_MASK;
    const valueLength = words[at + 1] as number;
    const isLarge = (head & LARGE) !== 0;
    const source = isLarge ? larges.get(words[keyWord(words, at)] as number).bytes : bytes;
    const key = isLarge ? 0 : keyWord(words, at) * 4;
    const value = isLarge ? keyLength : valueByte(words, at);
    return {
      database: database.number,
      key: source.subarray(key, key + keyLength),
      value: source.subarray(value, value + valueLength),
      type: (head >>> TYPE_SHIFT) & TYPE_MASK,
      encoding: (head >>> ENCODING_SHIFT) & ENCODING_MASK,
      deadline: deadline === 0 ? undefined : deadline,
    };
  }

  /** A segment has been read: its ghosts are plain dead records now. */
  private thaw({ database, segment, larges }: FrozenSegment): void {
    const { memory, ghosts } = this;
    memory.frozen[segment] = 0;
    for (const ref of ghosts.get(segment) ?? []) {
      const { words } = memory.regions[ref >>> REGION_BITS] as Region;
      const at = (ref & REGION_MASK) * 2;
      const head = words[at] as number;
      words[at] = head & ~GHOST;
      if ((head & LARGE) !== 0) larges.remove(words[keyWord(words, at)] as number);
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
    this.onClose?.();
    this.onClose = undefined;
  }
}
