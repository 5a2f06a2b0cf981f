// Where the records of one database lie: segments of the shared memory, filled from
// the front, and never written over but in place. Freed records stay where they are,
// counted, until their segment is empty or compaction moves the rest away.
//
// There are two queues of segments, each with a head of its own. Without eviction
// only the first is used; with it, the first holds what is new, the second what has
// proved itself: see evictor.ts.
import { SEGMENT_BITS, SEGMENT_GRANULES } from './layout.ts';
import type { Memory } from './memory.ts';

/** The segment that a ref lies in. */
export function segmentOf(ref: number): number {
  return ref >>> SEGMENT_BITS;
}

/** The queue for records that are new. */
export const PROBATION = 0;
/** The queue for records that were read again. */
export const MAIN = 1;
export type Queue = typeof PROBATION | typeof MAIN;

/** Allocates and frees the records of one database. */
export class RecordLog {
  readonly memory: Memory;
  /** Granules of the records that are in the index. */
  liveGranules = 0;
  /** The segments of each queue, the oldest first, the head last. */
  private readonly queues: readonly [Set<number>, Set<number>] = [new Set(), new Set()];
  /** The segments being filled; -1 where there is none. */
  private readonly heads: [number, number] = [-1, -1];

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** How many segments the database has. */
  get segmentCount(): number {
    return this.queues[PROBATION].size + this.queues[MAIN].size;
  }

  /** All segments of the database. */
  *segments(): Iterable<number> {
    yield* this.queues[PROBATION];
    yield* this.queues[MAIN];
  }

  /** Whether a segment is this database's. */
  owns(segment: number): boolean {
    return this.queues[PROBATION].has(segment) || this.queues[MAIN].has(segment);
  }

  /** Whether a segment is being filled. */
  isHead(segment: number): boolean {
    return segment === this.heads[PROBATION] || segment === this.heads[MAIN];
  }

  /** The queue that a segment of this database is in. */
  queueOf(segment: number): Queue {
    return this.queues[MAIN].has(segment) ? MAIN : PROBATION;
  }

  /** How many segments a queue has. */
  queueLength(queue: Queue): number {
    return this.queues[queue].size;
  }

  /** The oldest segment of a queue that is neither being filled nor frozen; -1 if there is none. */
  oldest(queue: Queue): number {
    for (const segment of this.queues[queue])
      if (segment !== this.heads[queue] && this.memory.frozen[segment] === 0) return segment;
    return -1;
  }

  /**
   * Room for a record.
   *
   * @throws ByteStoreError `OUT_OF_MEMORY`, and nothing has changed
   */
  allocate(granules: number, queue: Queue = PROBATION): number {
    const { memory } = this;
    let head = this.heads[queue];
    let at = head < 0 ? SEGMENT_GRANULES : (memory.filled[head] as number);
    if (at + granules > SEGMENT_GRANULES) {
      head = this.openHead(queue);
      at = memory.filled[head] as number;
    }
    memory.filled[head] = at + granules;
    memory.live[head] = (memory.live[head] as number) + granules;
    this.liveGranules += granules;
    return ((head << SEGMENT_BITS) + at) | 0;
  }

  /** A fresh head; the old one is given back if nothing in it lives. */
  private openHead(queue: Queue): number {
    const { memory } = this;
    const old = this.heads[queue];
    const fresh = memory.take();
    this.queues[queue].add(fresh);
    this.heads[queue] = fresh;
    if (old >= 0) this.releaseIfEmpty(old);
    // The granule 0 of all is the ref that is none.
    memory.filled[fresh] = fresh === 0 ? 1 : 0;
    return fresh;
  }

  /** A record has left the index. Its bytes stay until its segment is given back. */
  free(ref: number, granules: number): void {
    const { memory } = this;
    const segment = segmentOf(ref);
    memory.live[segment] = (memory.live[segment] as number) - granules;
    this.liveGranules -= granules;
    if (memory.live[segment] === 0) this.releaseIfEmpty(segment);
  }

  /** Ends the heads, so that the records in them can be frozen. */
  closeHeads(): void {
    for (const queue of [PROBATION, MAIN] as const) {
      const old = this.heads[queue];
      this.heads[queue] = -1;
      if (old >= 0) this.releaseIfEmpty(old);
    }
  }

  /** Gives a segment back if nothing in it lives, nobody fills it and nobody reads it. */
  releaseIfEmpty(segment: number): void {
    const { memory } = this;
    if (memory.live[segment] !== 0 || this.isHead(segment) || memory.frozen[segment] !== 0) return;
    if (this.queues[PROBATION].delete(segment) || this.queues[MAIN].delete(segment))
      memory.release(segment);
  }

  /** Gives everything back but what is frozen: that goes when it has been read. */
  clear(): void {
    const { memory } = this;
    // What is frozen is not given back, and void nevertheless.
    memory.voided = (memory.voided + 1) | 0;
    for (const segment of this.segments()) {
      memory.live[segment] = 0;
      if (memory.frozen[segment] === 0) memory.release(segment);
    }
    for (const queue of [PROBATION, MAIN] as const) {
      this.queues[queue].clear();
      this.heads[queue] = -1;
    }
    this.liveGranules = 0;
  }
}
