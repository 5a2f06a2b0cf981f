// Reading records: everything here is a pure function of a region's words and the
// place of a record in them.
import { DEADLINE, KEY_LENGTH_MASK, LARGE } from './layout.ts';

/** Granules of a record with these measures. A large one holds the number of its buffer only. */
export function granulesFor(
  keyLength: number,
  valueLength: number,
  hasDeadline: boolean,
  large: boolean,
): number {
  const head = hasDeadline ? 2 : 1;
  return large ? head + 1 : head + ((keyLength + 7) >>> 3) + ((valueLength + 7) >>> 3);
}

/** Granules of the record whose first word is at `at`. */
export function granulesAt(words: Int32Array, at: number): number {
  const word = words[at] as number;
  return granulesFor(
    word & KEY_LENGTH_MASK,
    words[at + 1] as number,
    (word & DEADLINE) !== 0,
    (word & LARGE) !== 0,
  );
}

/** The word at which the key begins, or the number of the buffer of a large record. */
export function keyWord(words: Int32Array, at: number): number {
  return at + 2 + (((words[at] as number) & DEADLINE) !== 0 ? 2 : 0);
}

/** The byte at which the value of a record that is not large begins. */
export function valueByte(words: Int32Array, at: number): number {
  const word = words[at] as number;
  return keyWord(words, at) * 4 + (((word & KEY_LENGTH_MASK) + 7) & ~7);
}

/** The deadline in Unix milliseconds, or 0. */
export function deadlineAt(words: Int32Array, doubles: Float64Array, at: number): number {
  return ((words[at] as number) & DEADLINE) !== 0 ? (doubles[(at >>> 1) + 1] as number) : 0;
}
