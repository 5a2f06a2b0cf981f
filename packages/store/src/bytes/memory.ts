import { ByteStoreError } from './byte-store-error.ts';
import {
  SEGMENT_BITS,
  SEGMENT_GRANULES,
  SEGMENTS_MAX,
  SEGMENTS_PER_REGION,
  TOUCHED_BYTES,
} from './layout.ts';

/** A run of records under the views that reading and writing need. */
export class Region {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly doubles: Float64Array;

  constructor(buffer: ArrayBuffer) {
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.doubles = new Float64Array(buffer);
  }
}

/** What a store that is not small asks for at a time. */
export const REGION_BYTES = SEGMENTS_PER_REGION * SEGMENT_GRANULES * 8 + TOUCHED_BYTES;

/** Where a region's memory comes from. Throws when there is none. */
export type Allocate = (bytes: number) => ArrayBuffer;

/** Stands where a region has been given back; nothing refers to it but what is touched for the ref 0. */
const NO_REGION = new Region(new ArrayBuffer(TOUCHED_BYTES));

/** Segments of the first regions, so that a small store stays small; the others are whole. */
const FIRST_REGIONS: readonly number[] = [8, 64];

/**
 * Memory in segments of 1 MiB, which all databases share, and what is known of each.
 *
 * The pages of a region cost nothing until they are written to. A region whose
 * segments are all free is given back.
 */
export class Memory {
  /** By the upper bits of a ref. */
  readonly regions: Region[] = [];
  /** Granules of records that are in an index, by segment. */
  live = new Int32Array(0);
  /** Granules that have been handed out, by segment; records lie in `[0, filled)`. */
  filled = new Int32Array(0);
  /** 1 for the segments of a frozen view: nothing in them may change but flags. */
  frozen = new Uint8Array(0);
  /** No record of the segment expires before; Infinity where none has a deadline. */
  earliest = new Float64Array(0);
  /** Changes when a segment is given back, so that who remembers one knows that it is gone. */
  generation = new Int32Array(0);
  /** Changes when records may be void that are not marked as dead: with a segment, or with all of a database. */
  voided = 0;
  /** Segments that are not free. */
  used = 0;
  private readonly allocate: Allocate;
  private readonly firstRegion: number;
  /** Free segments by region, the lowest last. */
  private readonly free: number[][] = [];
  private readonly usedIn: number[] = [];

  /** @param firstSegment - where to begin; other than 0 only to test high refs */
  constructor(allocate: Allocate, firstSegment = 0) {
    this.allocate = allocate;
    this.firstRegion = Math.floor(firstSegment / SEGMENTS_PER_REGION);
  }

  /**
   * An empty segment, from the lowest region that has one.
   *
   * @throws {@link ByteStoreError} `OUT_OF_MEMORY`
   */
  take(): number {
    let region = this.firstRegion;
    while (region < this.regions.length && !this.hasFree(region)) region++;
    if (region >= this.regions.length) {
      region = this.firstRegion;
      while (this.isOpen(region)) region++;
      this.open(region);
    }
    const segment = (this.free[region] as number[]).pop() as number;
    this.usedIn[region] = (this.usedIn[region] as number) + 1;
    this.used++;
    this.live[segment] = 0;
    this.filled[segment] = 0;
    this.earliest[segment] = Number.POSITIVE_INFINITY;
    return segment;
  }

  private hasFree(region: number): boolean {
    return this.isOpen(region) && (this.free[region] as number[]).length > 0;
  }

  /** Whether a region has memory. */
  isOpen(region: number): boolean {
    const found = this.regions[region];
    return found !== undefined && found !== NO_REGION;
  }

  private open(region: number): void {
    const first = region * SEGMENTS_PER_REGION;
    if (first >= SEGMENTS_MAX)
      throw new ByteStoreError('OUT_OF_MEMORY', 'the engine addresses 32 GiB, and they are full');
    const count = FIRST_REGIONS[region - this.firstRegion] ?? SEGMENTS_PER_REGION;
    let buffer: ArrayBuffer;
    try {
      buffer = this.allocate(count * SEGMENT_GRANULES * 8 + TOUCHED_BYTES);
    } catch (cause) {
      throw new ByteStoreError('OUT_OF_MEMORY', 'the system refused more memory', { cause });
    }
    if (this.live.length < first + SEGMENTS_PER_REGION) this.grow(first + SEGMENTS_PER_REGION);
    // Places in front are empty only where a test begins high.
    while (this.regions.length < region) this.regions.push(NO_REGION);
    this.regions[region] = new Region(buffer);
    this.free[region] = Array.from({ length: count }, (_, i) => first + count - 1 - i);
    this.usedIn[region] = 0;
  }

  private grow(segments: number): void {
    const { live, filled, frozen, earliest, generation } = this;
    this.live = new Int32Array(segments);
    this.live.set(live);
    this.filled = new Int32Array(segments);
    this.filled.set(filled);
    this.frozen = new Uint8Array(segments);
    this.frozen.set(frozen);
    this.earliest = new Float64Array(segments).fill(Number.POSITIVE_INFINITY);
    this.earliest.set(earliest);
    this.generation = new Int32Array(segments);
    this.generation.set(generation);
  }

  /** Takes a segment back. Nothing may refer to it any more. */
  release(segment: number): void {
    const region = Math.floor(segment / SEGMENTS_PER_REGION);
    this.used--;
    this.voided = (this.voided + 1) | 0;
    this.generation[segment] = (this.generation[segment] as number) + 1;
    (this.free[region] as number[]).push(segment);
    this.usedIn[region] = (this.usedIn[region] as number) - 1;
    if (this.usedIn[region] === 0) this.regions[region] = NO_REGION;
  }

  /** Bytes of the segments in use. */
  get usedBytes(): number {
    return this.used * (8 << SEGMENT_BITS);
  }
}
