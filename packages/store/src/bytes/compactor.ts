import type { ByteDatabase } from './byte-database.ts';
import { DEAD, REGION_BITS, REGION_MASK, SEGMENT_GRANULES } from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { SegmentWalk } from './segment-walk.ts';

/** Memory may be so much more than what lives in it, and a few segments, before records are moved. */
const USED_TO_LIVE_MAX = 1.15;
const SPARE_SEGMENTS = 4;
/** A segment that is fuller than this is not worth emptying. */
const VICTIM_FULL_MAX = 0.97;

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

  /** Looks at no more than `budget` records. */
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
      database.move(ref, queue);
      this.moved++;
    }
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
    let least = SEGMENT_GRANULES * VICTIM_FULL_MAX;
    for (const segment of log.segments()) {
      if (log.isHead(segment) || this.memory.frozen[segment] !== 0) continue;
      const live = this.memory.live[segment] as number;
      if (live < least) {
        victim = segment;
        least = live;
      }
    }
    return victim < 0 ? undefined : new SegmentWalk(this.memory, victim);
  }
}
