import { REGION_BITS, REGION_MASK, SEGMENT_BITS, SEGMENT_GRANULES } from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { granulesAt } from './record.ts';

/**
 * Goes through the records of a segment, dead ones too, as slowly as its owner likes.
 * Compaction, the expiry sweep and frozen views all walk with it.
 *
 * A walk ends by itself when its segment has been given back meanwhile, even if it
 * has been taken again.
 */
export class SegmentWalk {
  readonly segment: number;
  private readonly memory: Memory;
  private readonly generation: number;
  private at: number;

  constructor(memory: Memory, segment: number) {
    this.memory = memory;
    this.segment = segment;
    this.generation = memory.generation[segment] as number;
    // The granule 0 of all is no record.
    this.at = segment === 0 ? 1 : 0;
  }

  /** Whether the segment is still the one that the walk began with. */
  get valid(): boolean {
    return this.memory.generation[this.segment] === this.generation;
  }

  /** Whether a record of the segment has been met. */
  hasPassed(ref: number): boolean {
    return (ref & (SEGMENT_GRANULES - 1)) < this.at;
  }

  /** The next record, or 0 at the end. */
  next(): number {
    const { memory, segment } = this;
    if (!this.valid || this.at >= (memory.filled[segment] as number)) return 0;
    const ref = ((segment << SEGMENT_BITS) + this.at) | 0;
    const region = memory.regions[ref >>> REGION_BITS] as Region;
    // A region that was given back has no words: its segments are free.
    if (region.words.length === 0) return 0;
    this.at += granulesAt(region.words, (ref & REGION_MASK) * 2);
    return ref;
  }
}
