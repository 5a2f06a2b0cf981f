import type { ByteDatabase } from './byte-database.ts';
import { DEAD, REGION_BITS, REGION_MASK } from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { deadlineAt } from './record.ts';
import { SegmentWalk } from './segment-walk.ts';

/**
 * Finds expired records that nobody asks for: walks the segments in which something
 * is due, a bounded number of records at a time, and skips all others.
 */
export class Sweeper {
  private readonly database: ByteDatabase;
  private readonly memory: Memory;
  /** Segments in which something was due when they were last looked at. */
  private due: number[] = [];
  private walk: SegmentWalk | undefined;
  /** The earliest deadline that the walk has left behind. */
  private earliest = Number.POSITIVE_INFINITY;

  constructor(database: ByteDatabase, memory: Memory) {
    this.database = database;
    this.memory = memory;
  }

  /** Looks at no more than `budget` records; answers at how many: fewer, when nothing more is due. */
  sweep(budget: number, now: number): number {
    for (let looked = 0; looked < budget; looked++) {
      this.walk ??= this.nextWalk(now);
      const { walk } = this;
      if (walk === undefined) return looked;
      const ref = walk.next();
      if (ref === 0) this.finish(walk);
      else this.expire(ref, now);
    }
    return budget;
  }

  /** Removes the record if it is due, and otherwise remembers its deadline. */
  private expire(ref: number, now: number): void {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    if (((region.words[at] as number) & DEAD) !== 0) return;
    const deadline = deadlineAt(region.words, region.doubles, at);
    if (deadline === 0) return;
    if (deadline <= now) this.database.expire(ref);
    else this.earliest = Math.min(this.earliest, deadline);
  }

  /** Forgets where it was: the database was cleared. */
  reset(): void {
    this.walk = undefined;
    this.due = [];
  }

  private nextWalk(now: number): SegmentWalk | undefined {
    const found = this.takeDue(now);
    if (found !== undefined) return found;
    // What was listed may be gone since, and something else due: the list is made anew.
    const { earliest } = this.memory;
    this.due = [...this.database.log.segments()].filter(
      (segment) => (earliest[segment] as number) <= now,
    );
    return this.takeDue(now);
  }

  /** The next listed segment in which something is still due. */
  private takeDue(now: number): SegmentWalk | undefined {
    const { memory } = this;
    const { log } = this.database;
    for (let segment = this.due.pop(); segment !== undefined; segment = this.due.pop()) {
      if (!log.owns(segment) || (memory.earliest[segment] as number) > now) continue;
      // Deadlines that are written from here on lower it again.
      memory.earliest[segment] = Number.POSITIVE_INFINITY;
      this.earliest = Number.POSITIVE_INFINITY;
      return new SegmentWalk(memory, segment);
    }
    return undefined;
  }

  private finish(walk: SegmentWalk): void {
    const { memory } = this;
    const { segment } = walk;
    if (walk.valid)
      memory.earliest[segment] = Math.min(memory.earliest[segment] as number, this.earliest);
    this.walk = undefined;
  }
}
