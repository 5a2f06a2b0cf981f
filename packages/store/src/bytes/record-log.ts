// Where the records of one database lie: segments of the shared memory, filled from
// the front, and never written over but in place. Freed records stay where they are,
// counted, until their segment is empty or compaction moves the rest away.

import { SEGMENT_BITS, SEGMENT_GRANULES } from './layout.ts';
import type { Memory } from './memory.ts';

/** The segment that a ref lies in. */
export function segmentOf(ref: number): number {
  return ref >>> SEGMENT_BITS;
}

/** Allocates and frees the records of one database. */
export class RecordLog {
  readonly memory: Memory;
  /** The segments of this database, the head among them. */
  readonly segments = new Set<number>();
  /** Granules of the records that are in the index. */
  liveGranules = 0;
  /** The segment being filled, -1 before the first record. */
  head = -1;

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /**
   * Room for a record.
   *
   * @throws ByteStoreError `OUT_OF_MEMORY`, and nothing has changed
   */
  allocate(granules: number): number {
    const { memory } = this;
    let at = this.head < 0 ? SEGMENT_GRANULES : (memory.filled[this.head] as number);
    if (at + granules > SEGMENT_GRANULES) at = this.openHead();
    const { head } = this;
    memory.filled[head] = at + granules;
    memory.live[head] = (memory.live[head] as number) + granules;
    this.liveGranules += granules;
    return ((head << SEGMENT_BITS) + at) | 0;
  }

  /** A fresh head; the old one is given back if nothing in it lives. */
  private openHead(): number {
    const { memory, head: old } = this;
    const fresh = memory.take();
    this.segments.add(fresh);
    this.head = fresh;
    if (old >= 0) this.releaseIfEmpty(old);
    // The granule 0 of all is the ref that is none.
    memory.filled[fresh] = fresh === 0 ? 1 : 0;
    return memory.filled[fresh] as number;
  }

  /** A record has left the index. Its bytes stay until its segment is given back. */
  free(ref: number, granules: number): void {
    const { memory } = this;
    const segment = segmentOf(ref);
    memory.live[segment] = (memory.live[segment] as number) - granules;
    this.liveGranules -= granules;
    if (memory.live[segment] === 0) this.releaseIfEmpty(segment);
  }

  /** Ends the head, so that the records in it can be frozen or moved. */
  closeHead(): void {
    const old = this.head;
    this.head = -1;
    if (old >= 0) this.releaseIfEmpty(old);
  }

  /** Gives a segment back if nothing in it lives, nobody fills it and nobody reads it. */
  releaseIfEmpty(segment: number): void {
    const { memory } = this;
    if (memory.live[segment] !== 0 || segment === this.head || memory.frozen[segment] !== 0) return;
    if (this.segments.delete(segment)) memory.release(segment);
  }

  /** Gives everything back but what is frozen: that goes when it has been read. */
  clear(): void {
    const { memory } = this;
    for (const segment of this.segments) {
      memory.live[segment] = 0;
      if (memory.frozen[segment] === 0) memory.release(segment);
    }
    this.segments.clear();
    this.head = -1;
    this.liveGranules = 0;
  }
}
