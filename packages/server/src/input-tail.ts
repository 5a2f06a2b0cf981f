import { HEADROOM_BYTES, READ_BYTES, type SharedInput } from './shared-input.ts';
import type { SpareArrays } from './spare-arrays.ts';

/** The least that a kept partial frame gets, so that it does not grow byte by byte. */
const KEPT_BYTES_MIN = 1024;

/** Room up to this is kept, however little is in it. */
const ROOMY_BYTES = 4 * READ_BYTES;

/** A frame up to this gets its whole room at once. */
const WHOLE_BYTES_MAX = 1024 * 1024;

/** A frame of which less has come gets no room beforehand: many clients may announce much and send little. */
const BEGUN_BYTES_MIN = 4 * 1024;

/**
 * Of a frame of which this much has come, the rest gets its room in one piece: the system gives
 * memory to what has arrived only, and hundreds of megabytes are not moved again and again.
 */
const RESERVED_FROM_BYTES = 4 * 1024 * 1024;

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/** Whose `bytes` are: nobody may write to a chunk, and what is shared must be left at the end of a turn. */
type Origin = 'own' | 'chunk' | 'shared';

/**
 * What has arrived from a client and not been executed: `[start, end)` of `bytes`.
 *
 * It is used where it was read to, as far as it is whole requests; only the beginning
 * of one is copied, and a long one is read where it belongs. Room grows with what has
 * arrived: what was announced gets addresses at most, and no memory before.
 */
export class InputTail {
  bytes: Uint8Array = NO_BYTES;
  view: DataView = NO_VIEW;
  start = 0;
  end = 0;
  private origin: Origin = 'chunk';
  /** An array of our own, for what is to be kept; `bytes` while that is `own`. */
  private kept: Uint8Array = NO_BYTES;
  private keptView: DataView = NO_VIEW;
  /** The whole length of the frame at `start`, once it is known. */
  private wanted = 0;
  private readonly spares: SpareArrays;
  /** The array that the next read goes to, wherever what is kept lies by then. */
  private awaited: Uint8Array | undefined;

  constructor(spares: SpareArrays) {
    this.spares = spares;
  }

  /** Whether `bytes` is an array of this tail's own, which it may give away. */
  get own(): boolean {
    return this.origin === 'own';
  }

  /** Adds a chunk, which must not be written to afterwards. */
  add(chunk: Uint8Array): void {
    if (this.end === this.start) this.use(chunk, viewOf(chunk), 'chunk', 0, chunk.length);
    else this.append(chunk);
  }

  /** Adds what has been read to the shared input; after the turn it must be {@link settle}d. */
  read(input: SharedInput, count: number): void {
    const left = this.end - this.start;
    const end = HEADROOM_BYTES + count;
    if (left === 0) this.use(input.bytes, input.view, 'shared', HEADROOM_BYTES, end);
    else if (left <= count && left + count >= this.wanted) {
      // What was kept goes in front: it is less to copy than what has come.
      const start = HEADROOM_BYTES - left;
      input.bytes.set(this.bytes.subarray(this.start, this.end), start);
      this.use(input.bytes, input.view, 'shared', start, end);
    } else this.append(input.area.subarray(0, count));
  }

  /** A place of our own for the next read, where a long frame is on its way; else undefined. */
  place(): Uint8Array | undefined {
    this.awaited = undefined;
    if (this.wanted <= READ_BYTES || this.origin !== 'own') return undefined;
    const left = this.end - this.start;
    const missing = this.wanted - left;
    if (missing < READ_BYTES || left < BEGUN_BYTES_MIN) return undefined;
    if (this.bytes.length - this.end < READ_BYTES) this.move(left, left + READ_BYTES);
    this.awaited = this.bytes;
    return this.bytes.subarray(this.end);
  }

  /** So many bytes have been read to what {@link place} gave. */
  placed(place: Uint8Array, count: number): void {
    const { bytes, end } = this;
    const isThere = place.buffer === bytes.buffer && place.byteOffset === bytes.byteOffset + end;
    if (this.own && isThere) this.end += count;
    // The bytes have been moved or given away since.
    else if (count > 0) this.add(place.slice(0, count));
  }

  /** Drops what lies before `offset`. */
  consume(offset: number): void {
    // Of a frame that is on its way nothing is dropped, nor of its room.
    if (offset === this.start && offset < this.end) return;
    this.start = offset;
    const left = this.end - offset;
    if (left <= 0) this.clear();
    else if (this.own && this.bytes.length > Math.max(ROOMY_BYTES, left * 4)) this.leave(offset);
  }

  /**
   * Drops what lies before `offset` and leaves `bytes` to somebody else, or to nobody:
   * what is left goes to a new array.
   */
  leave(offset: number): void {
    const left = this.end - offset;
    const rest = new Uint8Array(this.bytes.subarray(offset, this.end));
    // Not ours any more, nor anybody's here.
    if (this.own) this.kept = NO_BYTES;
    this.clear();
    if (left > 0) this.use(rest, viewOf(rest), 'chunk', 0, left);
  }

  /** The turn is over: keeps what is left in the shared input. */
  settle(): void {
    if (this.origin !== 'shared') return;
    const left = this.end - this.start;
    if (left === 0) this.clear();
    else this.move(left, left);
  }

  /** Drops everything. */
  clear(): void {
    this.use(NO_BYTES, NO_VIEW, 'chunk', 0, 0);
    this.giveKept();
    this.kept = NO_BYTES;
    this.keptView = NO_VIEW;
    this.wanted = 0;
  }

  /** Says how long the frame at `start` will be, 0 for unknown, so that its room is not outgrown at the last byte. */
  expect(frameBytes: number): void {
    this.wanted = frameBytes;
  }

  /** Bytes of memory held for what has not been executed. */
  get heldBytes(): number {
    return this.own ? this.end : this.end - this.start;
  }

  private use(bytes: Uint8Array, view: DataView, origin: Origin, start: number, end: number): void {
    this.bytes = bytes;
    this.view = view;
    this.origin = origin;
    this.start = start;
    this.end = end;
  }

  private append(chunk: Uint8Array): void {
    const left = this.end - this.start;
    const needed = left + chunk.length;
    if (!this.own || this.start + needed > this.bytes.length) this.move(left, needed);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Moves what is left to the front of an array of our own with room for `needed` bytes. */
  private move(left: number, needed: number): void {
    const { bytes, start, end } = this;
    if (needed <= this.kept.length) {
      if (bytes === this.kept) bytes.copyWithin(0, start, end);
      else this.kept.set(bytes.subarray(start, end));
    } else {
      const larger = this.allocate(needed);
      larger.set(bytes.subarray(start, end));
      this.giveKept();
      this.kept = larger;
      this.keptView = viewOf(larger);
    }
    this.use(this.kept, this.keptView, 'own', 0, left);
  }

  /** Leaves the array of our own to whoever needs one, unless the system may write to it yet. */
  private giveKept(): void {
    if (this.kept !== NO_BYTES && this.kept !== this.awaited) this.spares.give(this.kept);
  }

  /** An array with room for `needed` bytes and for what will follow them. */
  private allocate(needed: number): Uint8Array {
    const doubled = Math.max(KEPT_BYTES_MIN, needed * 2);
    if (this.wanted === 0) return this.spares.take(doubled) ?? new Uint8Array(doubled);
    // As far as the frame that is on its way needs it, with room for what comes with its end.
    const enough = Math.max(needed, this.wanted + READ_BYTES);
    const atOnce = needed < BEGUN_BYTES_MIN ? 0 : WHOLE_BYTES_MAX;
    const next = Math.min(enough, Math.max(doubled, atOnce));
    if (needed < RESERVED_FROM_BYTES) return this.spares.take(next) ?? new Uint8Array(next);
    try {
      return new Uint8Array(enough);
    } catch {
      // A system that reserves nothing beyond what it has: then as it comes.
      return new Uint8Array(next);
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
