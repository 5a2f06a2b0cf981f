import type { ByteDatabase } from './byte-database.ts';
import { ByteStoreError } from './byte-store-error.ts';
import { DEAD, INLINE_BYTES_MAX, REGION_BITS, REGION_MASK, SEGMENT_GRANULES } from './layout.ts';
import type { Memory, Region } from './memory.ts';
import type { Queue } from './record-log.ts';
import { SegmentWalk } from './segment-walk.ts';

/** Memory may be so much more than what lives in it, and a few segments, before records are moved. */
const USED_TO_LIVE_MAX = 1.15;
const SPARE_SEGMENTS = 4;
/** A segment with less to win than this is not worth emptying. */
const WASTE_MIN = SEGMENT_GRANULES * 0.03;
/** The end of a segment that the next record may have been too long for: moving wins nothing there. */
const TAIL_MAX = INLINE_BYTES_MAX / 8;

/**
 * Brings the memory of dead records back: moves the live ones out of the emptiest
 * segment, a few at a time, until it can be given back.
 */
export class Compactor {
  private readonly database: ByteDatabase;
  private readonly memory: Memory;
  private walk: SegmentWalk | undefined;
  /** Records that were moved, ever. */
  moved = 0;

  constructor(database: ByteDatabase, memory: Memory) {
    this.database = database;
    this.memory = memory;
  }

  /** Looks at no more than `budget` records, and at no more than one segment. */
  step(budget: number): void {
    this.walk ??= this.chooseVictim();
    const { walk, memory, database } = this;
    if (walk === undefined) return;
    // A view may have been frozen since the victim was chosen: nothing may be moved then.
    if (memory.frozen[walk.segment] !== 0 || database.log.isHead(walk.segment)) {
      this.walk = undefined;
      return;
    }
    const queue = database.log.queueOf(walk.segment);
    for (let looked = 0; looked < budget; looked++) {
      const ref = walk.next();
      if (ref === 0) {
        this.walk = undefined;
        return;
      }
      const { words } = memory.regions[ref >>> REGION_BITS] as Region;
      if (((words[(ref & REGION_MASK) * 2] as number) & DEAD) !== 0) continue;
      if (!this.move(ref, queue)) return;
    }
  }

  /** False: there is no memory to move to now, which must not fail the write whose turn it is. */
  private move(ref: number, queue: Queue): boolean {
    try {
      this.database.move(ref, queue);
    } catch (error) {
      if (!(error instanceof ByteStoreError)) throw error;
      this.walk = undefined;
      return false;
    }
    this.moved++;
    return true;
  }

  /** Forgets the segment that is being emptied: the database was cleared. */
  reset(): void {
    this.walk = undefined;
  }

  /** The emptiest segment, if there is much to win. */
  private chooseVictim(): SegmentWalk | undefined {
    const { log } = this.database;
    const used = log.segmentCount * SEGMENT_GRANULES;
    if (used <= log.liveGranules * USED_TO_LIVE_MAX + SPARE_SEGMENTS * SEGMENT_GRANULES)
      return undefined;
    let victim = -1;
    let least = SEGMENT_GRANULES;
    for (const segment of log.segments()) {
      if (log.isHead(segment) || this.memory.frozen[segment] !== 0) continue;
      const live = this.memory.live[segment] as number;
      if (live < least && this.waste(segment) > WASTE_MIN) {
        victim = segment;
        least = live;
      }
    }
    return victim < 0 ? undefined : new SegmentWalk(this.memory, victim);
  }

  /** Granules that emptying a segment wins for certain, so that compaction comes to an end. */
  private waste(segment: number): number {
    const { live, filled } = this.memory;
    const end = filled[segment] as number;
    return end - (live[segment] as number) + Math.max(0, SEGMENT_GRANULES - end - TAIL_MAX);
  }
}
