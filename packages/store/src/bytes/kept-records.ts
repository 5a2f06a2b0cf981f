import { type Allocate, Region } from './memory.ts';
import { granulesAt } from './record.ts';
import { copyWords, WORD_COPY_BYTES_MAX } from './records.ts';

/** What the first piece holds, and the most that another does, unless a record is longer. */
const FIRST_GRANULES = 1 << 12;
const PIECE_GRANULES = 1 << 17;
/** In front of each record, the number of its database. */
const NUMBER_GRANULES = 1;

/** A run of kept records, the first ones read. */
interface Piece {
  readonly region: Region;
  /** Where the next one goes, in granules. */
  end: number;
}

/**
 * Records as they were when a view was taken, kept for it because they are about to change: first in,
 * first out. As long as the view is read faster than its records change this is one piece of memory,
 * used again and again.
 */
export class KeptRecords {
  private readonly pieces: Piece[] = [];
  /** The granule of the first piece at which the next record to read begins. */
  private at = 0;
  private readonly allocate: Allocate;

  constructor(allocate: Allocate) {
    this.allocate = allocate;
  }

  /** Bytes of all pieces. */
  get bytes(): number {
    return this.pieces.reduce((sum, { region }) => sum + region.bytes.length, 0);
  }

  /** Whether none is left. */
  get isEmpty(): boolean {
    return this.pieces.length === 0 || this.at === (this.pieces[0] as Piece).end;
  }

  /** Keeps a copy of the record at a word of a region, of a database. False: there is no memory. */
  add(number: number, from: Region, at: number): boolean {
    const granules = granulesAt(from.words, at);
    const piece = this.pieceFor(granules + NUMBER_GRANULES);
    if (piece === undefined) return false;
    const { region } = piece;
    region.words[piece.end * 2] = number;
    const to = (piece.end + NUMBER_GRANULES) * 2;
    if (granules * 8 <= WORD_COPY_BYTES_MAX)
      copyWords(region.view, to * 4, from.view, at * 4, granules * 8);
    else region.words.set(from.words.subarray(at, at + granules * 2), to);
    piece.end += NUMBER_GRANULES + granules;
    return true;
  }

  private pieceFor(granules: number): Piece | undefined {
    const last = this.pieces.at(-1);
    if (last !== undefined && (last.end + granules) * 8 <= last.region.bytes.length) return last;
    const usual = last === undefined ? FIRST_GRANULES : PIECE_GRANULES;
    let buffer: ArrayBuffer;
    try {
      buffer = this.allocate(Math.max(usual, granules) * 8);
    } catch {
      return undefined;
    }
    const piece = { region: new Region(buffer), end: 0 };
    // One that is empty would be in the way.
    if (last?.end === 0) this.pieces.pop();
    this.pieces.push(piece);
    return piece;
  }

  /** Where the next record to read lies. There must be one. */
  get region(): Region {
    return (this.pieces[0] as Piece).region;
  }

  /** The word in {@link region} at which it begins. */
  get word(): number {
    return (this.at + NUMBER_GRANULES) * 2;
  }

  /** The number of its database. */
  get number(): number {
    return this.region.words[this.at * 2] as number;
  }

  /** It has been read. */
  drop(): void {
    const first = this.pieces[0] as Piece;
    this.at += NUMBER_GRANULES + granulesAt(first.region.words, this.word);
    if (this.at < first.end) return;
    this.at = 0;
    if (this.pieces.length > 1) this.pieces.shift();
    else first.end = 0;
  }

  /** Gives everything back. */
  clear(): void {
    this.pieces.length = 0;
    this.at = 0;
  }
}
