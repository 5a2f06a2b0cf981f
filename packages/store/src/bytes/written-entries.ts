// How an entry is written: where the old one is if it fits there, else as a new record. The
// way of a SET that writes over a value is written for the machine: the record is looked up
// once, and no object is made.
import type { LargeEntry } from './beside.ts';
import type { ByteRanges } from './byte-ranges.ts';
import { ByteStoreError } from './byte-store-error.ts';
import { Entries } from './entries.ts';
import {
  BESIDE,
  DEAD,
  DEADLINE,
  FREQUENCY_MASK,
  GHOST,
  INLINE_BYTES_MAX,
  KEY_BYTES_MAX,
  KEY_LENGTH_MASK,
  LARGE,
  REGION_BITS,
  REGION_MASK,
  VALUE_BYTES_MAX,
} from './layout.ts';
import { makeLarge } from './make-large.ts';
import type { Region } from './memory.ts';
import { granulesFor, keyWord, valueByte } from './record.ts';
import { PROBATION, type Queue, segmentOf } from './record-log.ts';
import { copyIn } from './records.ts';

/** The entries of a database, written. */
export class WrittenEntries extends Entries {
  /** Whether the entry written last is a new one. */
  protected added = false;

  /** Writes an entry; `flags` are those of the record's head. */
  protected write(
    ranges: ByteRanges,
    key: number,
    value: Uint8Array,
    offset: number,
    length: number,
    flags: number,
    deadline: number,
  ): number {
    const keyLength = ranges.length[key] as number;
    if (keyLength > KEY_BYTES_MAX || length > VALUE_BYTES_MAX) throw tooLarge(keyLength, length);
    let old = this.lookUp(ranges, key);
    if (old !== 0) {
      if (this.dropIfExpired(old)) old = 0;
      else {
        const region = this.memory.regions[old >>> REGION_BITS] as Region;
        const at = (old & REGION_MASK) * 2;
        const { words } = region;
        if (fits(words, at, flags, length) && this.isFreeToChange(old)) {
          words[at] = flags | keyLength | ((words[at] as number) & (FREQUENCY_MASK | GHOST));
          words[at + 1] = length;
          if (deadline !== 0) this.writeDeadline(old, region, at, deadline);
          copyIn(region, valueByte(words, at), ranges, value, offset, length);
          this.added = false;
          return old;
        }
      }
    }
    return this.writeElsewhere(ranges, key, old, value, offset, length, flags, deadline);
  }

  /**
   * Writes another value over that of a record that was just found, whose encoding and deadline
   * stay. False: it does not fit there, and nothing has changed.
   */
  protected writeOver(ref: number, value: Uint8Array, offset: number, length: number): boolean {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const { words } = region;
    if (!fits(words, at, words[at] as number, length) || !this.isFreeToChange(ref)) return false;
    words[at + 1] = length;
    copyIn(region, valueByte(words, at), this.key, value, offset, length);
    return true;
  }

  /** Writes a new record, for a key that was looked up, in the place of its old one, if there is one. */
  private writeElsewhere(
    ranges: ByteRanges,
    key: number,
    old: number,
    value: Uint8Array,
    offset: number,
    length: number,
    flags: number,
    deadline: number,
  ): number {
    const keyLength = ranges.length[key] as number;
    this.added = old === 0;
    // What may fail for want of memory comes first: the old entry must stay then.
    const large =
      keyLength + length > INLINE_BYTES_MAX
        ? this.makeLarge(ranges, key, value, offset, length)
        : undefined;
    const ref = this.place(ranges, key, old, flags | keyLength, length);
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    if (deadline !== 0) this.writeDeadline(ref, region, at, deadline);
    if (large !== undefined) {
      region.words[keyWord(region.words, at)] = this.beside.addLarge(large);
      return ref;
    }
    copyIn(region, valueByte(region.words, at), ranges, value, offset, length);
    return ref;
  }

  private makeLarge(
    ranges: ByteRanges,
    key: number,
    value: Uint8Array,
    offset: number,
    length: number,
  ): LargeEntry {
    this.key.take(ranges, key);
    return makeLarge(this.shared.allocate, this.key, ranges, value, offset, length);
  }

  /**
   * A new record with its key, for what a write cannot put where the old one is; it takes the
   * place of that in the index.
   */
  private place(
    ranges: ByteRanges,
    key: number,
    old: number,
    head: number,
    length: number,
  ): number {
    const keyLength = head & KEY_LENGTH_MASK;
    const large = keyLength + length > INLINE_BYTES_MAX;
    const hasDeadline = (head & DEADLINE) !== 0;
    const granules = granulesFor(keyLength, length, hasDeadline, large);
    this.key.take(ranges, key);
    const ref = this.log.allocate(granules, this.queueFor(old));
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    region.words[at] = large ? head | LARGE : head;
    region.words[at + 1] = length;
    if (!large) this.key.writeWords(region.words, keyWord(region.words, at));
    if (hasDeadline) this.expiringSize++;
    if (old === 0) this.link(ref, granules);
    else {
      this.index.replace(this.hash, old, ref);
      this.bury(old);
    }
    return ref;
  }

  /** Puts a new record into the index; where that has no room for it, the record is dead. */
  private link(ref: number, granules: number): void {
    try {
      this.index.insert(this.hash, ref);
    } catch (error) {
      const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
      const at = (ref & REGION_MASK) * 2;
      const head = words[at] as number;
      words[at] = head | DEAD;
      if ((head & DEADLINE) !== 0) this.expiringSize--;
      this.log.free(ref, granules);
      throw error;
    }
  }

  /** A key that exists stays in its queue; a new one begins where the evictor says. */
  private queueFor(old: number): Queue {
    const { evictor } = this.shared;
    if (evictor === undefined) return PROBATION;
    return old === 0 ? evictor.queueFor(this.hash) : this.log.queueOf(segmentOf(old));
  }
}

/**
 * Whether a write may go where the old record of its key is, whose first word is at `at`: it takes
 * as much room. A structure goes with its record.
 */
function fits(words: Int32Array, at: number, head: number, length: number): boolean {
  const before = words[at] as number;
  return (
    ((before | head) & BESIDE) === 0 &&
    ((before ^ head) & DEADLINE) === 0 &&
    ((words[at + 1] as number) + 7) >>> 3 === (length + 7) >>> 3
  );
}

function tooLarge(keyLength: number, length: number): ByteStoreError {
  return new ByteStoreError(
    'TOO_LARGE',
    `a key of ${keyLength} and a value of ${length} bytes; ${KEY_BYTES_MAX} and ${VALUE_BYTES_MAX} are allowed`,
  );
}
