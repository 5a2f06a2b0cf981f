// What can be read of a record by its ref alone. No object is made but for the views,
// which are good until the next write.
import { Beside, type LargeEntry, type Structure } from './beside.ts';
import type { ByteRanges } from './byte-ranges.ts';
import type { HalfSipHash } from './half-sip-hash.ts';
import {
  ENCODING_MASK,
  ENCODING_SHIFT,
  FREQUENCY_SHIFT,
  KEY_LENGTH_MASK,
  LARGE,
  REGION_BITS,
  REGION_MASK,
  TYPE_MASK,
  TYPE_SHIFT,
} from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { deadlineAt, granulesAt, keyWord, valueByte } from './record.ts';
import type { ByteStoreShared } from './shared.ts';

/** Copies by 8 bytes up to here; above, the engine's own copy is faster. */
export const WORD_COPY_BYTES_MAX = 256;
/** Up to here a loop over bytes is faster than a view for the engine's own copy. */
const BYTE_COPY_BYTES_MAX = 24;

/** Copies `length` bytes, rounded up to 8; both sides have the slack. */
export function copyWords(
  to: DataView,
  at: number,
  from: DataView,
  start: number,
  length: number,
): void {
  for (let i = 0; i < length; i += 8)
    to.setBigUint64(at + i, from.getBigUint64(start + i, true), true);
}

/** Copies a value, a range of any array, to a byte of a region; by words out of `ranges`. */
export function copyIn(
  region: Region,
  to: number,
  ranges: Pick<ByteRanges, 'bytes' | 'view'>,
  value: Uint8Array,
  offset: number,
  length: number,
): void {
  const hasSlack = value === ranges.bytes && offset + length + 8 <= value.length;
  if (hasSlack && length <= WORD_COPY_BYTES_MAX)
    copyWords(region.view, to, ranges.view, offset, length);
  else if (length <= BYTE_COPY_BYTES_MAX) {
    const { bytes } = region;
    for (let i = 0; i < length; i++) bytes[to + i] = value[offset + i] as number;
  } else region.bytes.set(value.subarray(offset, offset + length), to);
}

/** The records of a database, and what they refer to. */
export class Records {
  /** Large entries and structures; replaced when the database is cleared. */
  beside: Beside;
  protected readonly memory: Memory;
  protected readonly hasher: HalfSipHash;

  constructor({ memory, hasher, besideAccount }: ByteStoreShared) {
    this.memory = memory;
    this.hasher = hasher;
    this.beside = new Beside(besideAccount);
  }

  /** The first word of a record. */
  private headOf(ref: number): number {
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    return words[(ref & REGION_MASK) * 2] as number;
  }

  /** What kind of entry it is: 0 is bytes, others are structures. */
  typeOf(ref: number): number {
    return (this.headOf(ref) >>> TYPE_SHIFT) & TYPE_MASK;
  }

  /** How often it was read lately: 0 to 3, and always 0 while nothing is evicted by use. */
  frequencyOf(ref: number): number {
    return this.headOf(ref) >>> FREQUENCY_SHIFT;
  }

  encodingOf(ref: number): number {
    return (this.headOf(ref) >>> ENCODING_SHIFT) & ENCODING_MASK;
  }

  /** Unix milliseconds, or 0. */
  deadlineOf(ref: number): number {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    return deadlineAt(region.words, region.doubles, (ref & REGION_MASK) * 2);
  }

  /** The length of the value in bytes. */
  valueLength(ref: number): number {
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    return words[(ref & REGION_MASK) * 2 + 1] as number;
  }

  /** The length of a value that is short bytes, of any encoding but the last; else -1. */
  plainLength(ref: number): number {
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    const special = LARGE | (TYPE_MASK << TYPE_SHIFT);
    const isPlain =
      (head & special) === 0 && ((head >>> ENCODING_SHIFT) & ENCODING_MASK) !== ENCODING_MASK;
    return isPlain ? (words[at + 1] as number) : -1;
  }

  /**
   * Copies the whole value to `target` at `offset`, where there is room for it; `view` is
   * over the same memory. Up to 7 bytes behind it may be overwritten, if there are any.
   */
  copyValue(ref: number, target: Uint8Array, view: DataView, offset: number): void {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const length = region.words[at + 1] as number;
    if (
      length > WORD_COPY_BYTES_MAX ||
      ((region.words[at] as number) & LARGE) !== 0 ||
      offset + length + 8 > target.length
    )
      target.set(this.valueView(ref), offset);
    else copyWords(view, offset, region.view, valueByte(region.words, at), length);
  }

  /** The length of the key in bytes. */
  keyLength(ref: number): number {
    return this.headOf(ref) & KEY_LENGTH_MASK;
  }

  /** Copies the whole key, as {@link copyValue} does the value. */
  copyKey(ref: number, target: Uint8Array, view: DataView, offset: number): void {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = region.words[at] as number;
    const length = head & KEY_LENGTH_MASK;
    if (length > WORD_COPY_BYTES_MAX || (head & LARGE) !== 0 || offset + length + 8 > target.length)
      target.set(this.keyOf(ref), offset);
    else copyWords(view, offset, region.view, keyWord(region.words, at) * 4, length);
  }

  /** The value's bytes, good until the next write. */
  valueView(ref: number): Uint8Array {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const length = region.words[at + 1] as number;
    if (((region.words[at] as number) & LARGE) !== 0) {
      const { bytes, value } = this.largeAt(region.words, at);
      return bytes.subarray(value, value + length);
    }
    const from = valueByte(region.words, at);
    return region.bytes.subarray(from, from + length);
  }

  /** The value's bytes if they are never changed: those of a large entry, which is replaced as a whole. */
  stableValue(ref: number): Uint8Array | undefined {
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const isLarge = ((words[(ref & REGION_MASK) * 2] as number) & LARGE) !== 0;
    return isLarge ? this.valueView(ref) : undefined;
  }

  /** The key's bytes, good until the next write. */
  keyOf(ref: number): Uint8Array {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = region.words[at] as number;
    const length = head & KEY_LENGTH_MASK;
    if ((head & LARGE) !== 0) {
      const { bytes, key } = this.largeAt(region.words, at);
      return bytes.subarray(key, key + length);
    }
    const from = keyWord(region.words, at) * 4;
    return region.bytes.subarray(from, from + length);
  }

  /** The hash of a record's key. */
  hashOf(ref: number): number {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = region.words[at] as number;
    const length = head & KEY_LENGTH_MASK;
    if ((head & LARGE) === 0)
      return this.hasher.hash(region.view, keyWord(region.words, at) * 4, length);
    const { view, key } = this.largeAt(region.words, at);
    return this.hasher.hash(view, key, length);
  }

  /** The structure of an entry whose type is not 0. */
  structureOf(ref: number): Structure {
    return this.beside.structure(this.structureNumber(ref));
  }

  /** Bytes of a record and of all that it refers to. */
  bytesOf(ref: number): number {
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    let bytes = granulesAt(words, at) * 8;
    if (((words[at] as number) & LARGE) !== 0) bytes += this.largeAt(words, at).bytes.length;
    if (this.typeOf(ref) !== 0) bytes += this.beside.structureBytes(this.structureNumber(ref));
    return bytes;
  }

  /** The large entry of the record at a word. */
  protected largeAt(words: Int32Array, at: number): LargeEntry {
    return this.beside.large(words[keyWord(words, at)] as number);
  }

  /** The number of a structure is its entry's value. */
  protected structureNumber(ref: number): number {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    return structureNumber(region, (ref & REGION_MASK) * 2, this.beside);
  }
}

/** The number of the structure of the record at a word, which is its value. */
export function structureNumber({ words, view }: Region, at: number, beside: Beside): number {
  if (((words[at] as number) & LARGE) === 0) return view.getInt32(valueByte(words, at), true);
  const large = beside.large(words[keyWord(words, at)] as number);
  return large.view.getInt32(large.value, true);
}

/** Lets go of what the record at a word refers to, that nobody will read again. */
export function letGo(region: Region, at: number, beside: Beside): void {
  const { words } = region;
  const head = words[at] as number;
  if (((head >>> TYPE_SHIFT) & TYPE_MASK) !== 0)
    beside.removeStructure(structureNumber(region, at, beside));
  if ((head & LARGE) !== 0) beside.removeLarge(words[keyWord(words, at)] as number);
}
