import type { Beside } from './beside.ts';
import type { ByteDatabase } from './byte-database.ts';
import {
  copyRecord,
  type FrozenEntry,
  type FrozenTarget,
  isToBeRead,
  readRecord,
} from './frozen-record.ts';
import { KeptRecords } from './kept-records.ts';
import { BESIDE, GHOST, REGION_BITS, REGION_MASK, SEGMENT_BITS } from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { letGo } from './records.ts';
import { SegmentWalk } from './segment-walk.ts';
import type { ByteStoreShared } from './shared.ts';

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
    const { kept, memory, now } = this;
    while (!kept.isEmpty) {
      const entry = readRecord(kept.region, kept.word, kept.number, undefined, now);
      kept.drop();
      if (entry !== undefined) return entry;
    }
    for (let ref = this.nextRef(); ref !== 0; ref = this.nextRef()) {
      const region = memory.regions[ref >>> REGION_BITS] as Region;
      const { number, beside } = this.segment;
      const entry = readRecord(region, (ref & REGION_MASK) * 2, number, beside, now);
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
    const { kept, memory, now } = this;
    while (!kept.isEmpty) {
      if (!copyRecord(kept.region, kept.word, kept.number, undefined, now, target)) return true;
      kept.drop();
    }
    for (let ref = this.nextRef(); ref !== 0; ref = this.nextRef()) {
      const region = memory.regions[ref >>> REGION_BITS] as Region;
      const { number, beside } = this.segment;
      const at = (ref & REGION_MASK) * 2;
      if (copyRecord(region, at, number, beside, now, target)) continue;
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
