import { NEVER } from './deadline.ts';
import { CHUNK_BITS, SlotChunk } from './slot-chunk.ts';

const INDEX_MASK = 2 ** CHUNK_BITS - 1;

/**
 * Numbered places for entries: key, value and deadline of each, and a cursor that sweeps those whose
 * deadline has come.
 *
 * An object for each entry would be what a write costs most, since the garbage collector
 * copies a young object that stays twice; a slot is none. Deadlines count from an epoch, so that
 * they are small integers for 24 days around it and need no object either; others do.
 *
 * Slots are numbers from 1. They lie in chunks, and each chunk knows a time before which nothing
 * in it is due: until then the cursor passes over it with one look. The time is learnt anew
 * whenever the cursor walks through the chunk.
 */
export class Slots<V> {
  /** How many have a deadline. */
  timed = 0;
  private readonly epoch: number;
  private chunks: SlotChunk<V>[] = [new SlotChunk(1)];
  /** The slots from here on were never taken, and there are cells for those before `end`. */
  private next = 1;
  private end = 1 + this.last.capacity;
  /** The chunk where a slot was given back last, the top of a stack of such chunks. */
  private roomy: SlotChunk<V> | undefined = undefined;
  /** The sweep goes on in this chunk, at this index. */
  private cursorChunk = 0;
  private cursorIndex = 0;
  /** How often the cursor has left a chunk. */
  private chunksPassed = 0;

  /** @param epoch - a time near which deadlines are to be expected. */
  constructor(epoch: number) {
    this.epoch = epoch;
  }

  /** Whether none was taken since the last `clear`. */
  get isUnused(): boolean {
    return this.next === 1;
  }

  /** A slot for a new entry without a deadline. */
  take(key: string, value: V): number {
    const slot = this.vacant();
    this.chunk(slot).fill(slot, key, value, NEVER);
    return slot;
  }

  /** A slot for a new entry with a deadline. */
  takeTimed(key: string, value: V, deadline: number): number {
    const slot = this.vacant();
    this.chunk(slot).fill(slot, key, value, deadline - this.epoch);
    this.timed++;
    return slot;
  }

  give(slot: number): void {
    this.unschedule(slot);
    const chunk = this.chunk(slot);
    if (!chunk.hasRoom) {
      chunk.below = this.roomy;
      this.roomy = chunk;
    }
    chunk.give(slot);
  }

  key(slot: number): string {
    return this.chunk(slot).key(slot);
  }

  value(slot: number): V {
    return this.chunk(slot).value(slot);
  }

  setValue(slot: number, value: V): void {
    this.chunk(slot).setValue(slot, value);
  }

  /** Whether it has a deadline. */
  isTimed(slot: number): boolean {
    return this.chunk(slot).due(slot) !== NEVER;
  }

  /** `NEVER` when it has none. */
  deadline(slot: number): number {
    return this.chunk(slot).due(slot) + this.epoch;
  }

  /** Gives any slot another deadline, or with `NEVER` takes it. */
  setDeadline(slot: number, deadline: number): void {
    this.unschedule(slot);
    if (deadline === NEVER) return;
    this.chunk(slot).setDue(slot, deadline - this.epoch);
    this.timed++;
  }

  /** Takes the deadline from a slot if it has one. */
  private unschedule(slot: number): void {
    if (!this.isTimed(slot)) return;
    this.timed--;
    this.chunk(slot).setDue(slot, NEVER);
  }

  clear(): void {
    this.chunks = [new SlotChunk(1)];
    this.next = 1;
    this.end = 1 + this.last.capacity;
    this.roomy = undefined;
    this.timed = 0;
    this.cursorChunk = 0;
    this.cursorIndex = 0;
  }

  /** How many of the deadlines have come at `now`. */
  countDue(now: number): number {
    const latest = now - this.epoch;
    return this.chunks.reduce((count, chunk) => count + chunk.countDue(latest), 0);
  }

  /**
   * Takes no more than `budget` looks, each at a slot or at a chunk where nothing is due, and no
   * more than one round; goes on where the last sweep stopped. `expire` is told the key of each
   * slot that is due, and gives the slot back. Whatever else it changes, a round looks at all
   * that is there throughout. Answers how many were due.
   */
  sweep(budget: number, now: number, expire: (key: string) => void): number {
    const latest = now - this.epoch;
    // What lies before the cursor in its chunk comes last, when that chunk is met again.
    const start = this.chunksPassed + (this.cursorIndex > 0 ? 1 : 0);
    let due = 0;
    for (let looks = budget; looks > 0; looks--) {
      if (this.chunksPassed - start >= this.chunks.length) break;
      const slot = this.look(latest);
      if (slot === undefined) continue;
      due++;
      expire(this.key(slot));
    }
    return due;
  }

  /** One look of the cursor; answers the slot if it is due. */
  private look(latest: number): number | undefined {
    const chunk = this.chunks[this.cursorChunk] as SlotChunk<V>;
    if (this.cursorIndex === 0) {
      if (chunk.earliest > latest) {
        this.advance();
        return undefined;
      }
      // From here on it takes in what the cursor sees and what is written meanwhile.
      chunk.earliest = NEVER;
    }
    const index = this.cursorIndex++;
    const slot = chunk.first + index;
    if (index === INDEX_MASK || slot + 1 >= this.next) this.advance();
    const due = chunk.due(slot);
    if (due <= latest) return slot;
    if (due < chunk.earliest) chunk.earliest = due;
    return undefined;
  }

  private advance(): void {
    this.cursorIndex = 0;
    this.cursorChunk = (this.cursorChunk + 1) % this.chunks.length;
    this.chunksPassed++;
  }

  /** A slot that was given back, before one that was never taken. */
  private vacant(): number {
    return this.roomy === undefined && this.next < this.end ? this.next++ : this.find();
  }

  /** The same where it takes more than counting on. */
  private find(): number {
    const chunk = this.roomy;
    if (chunk === undefined) {
      this.grow();
      return this.next++;
    }
    const slot = chunk.takeBack();
    if (!chunk.hasRoom) this.roomy = chunk.below;
    return slot;
  }

  private grow(): void {
    if (!this.last.grow()) this.chunks.push(new SlotChunk(this.next));
    this.end = this.last.first + this.last.capacity;
  }

  private get last(): SlotChunk<V> {
    return this.chunks[this.chunks.length - 1] as SlotChunk<V>;
  }

  private chunk(slot: number): SlotChunk<V> {
    return this.chunks[(slot - 1) >>> CHUNK_BITS] as SlotChunk<V>;
  }
}
