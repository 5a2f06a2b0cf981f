// A record as a frozen view shows it: copied into a target, or as an entry.
import type { Beside, Structure } from './beside.ts';
import {
  DEAD,
  ENCODING_MASK,
  ENCODING_SHIFT,
  GHOST,
  KEY_LENGTH_MASK,
  LARGE,
  TYPE_MASK,
  TYPE_SHIFT,
} from './layout.ts';
import type { Region } from './memory.ts';
import { deadlineAt, keyWord, valueByte } from './record.ts';
import { copyWords, structureNumber, WORD_COPY_BYTES_MAX } from './records.ts';

/** An entry of a frozen view. Its bytes do not change. */
export interface FrozenEntry {
  readonly database: number;
  readonly key: Uint8Array;
  /** Empty where there is a structure. */
  readonly value: Uint8Array;
  /** 0 for bytes; the types from 1 on have a structure. */
  readonly type: number;
  readonly structure: Structure | undefined;
  readonly encoding: number;
  /** Unix milliseconds; `undefined` is none. */
  readonly deadline: number | undefined;
}

/** Takes entries without an object for each. */
export interface FrozenTarget {
  readonly bytes: Uint8Array;
  /** Over the same memory as `bytes`. */
  readonly view: DataView;
  /**
   * Begins an entry; a deadline of 0 is none. Answers where its key goes, its value right behind it; -1 when there is no
   * room. Up to 8 bytes behind the value may be overwritten.
   */
  put(
    database: number,
    type: number,
    encoding: number,
    deadline: number,
    keyLength: number,
    valueLength: number,
  ): number;
}

function copyRange(
  target: FrozenTarget,
  to: number,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  length: number,
): void {
  if (length > WORD_COPY_BYTES_MAX) target.bytes.set(bytes.subarray(start, start + length), to);
  else copyWords(target.view, to, view, start, length);
}

/** Whether a view has to read a record with this head: it was alive when the view was taken, and was not given to it. */
export function isToBeRead(head: number): boolean {
  return ((head & DEAD) !== 0) === ((head & GHOST) !== 0);
}

/** Whether the record at a word is one to show: of those passed over, what the view was given loses its mark. */
function isShown({ words, doubles }: Region, at: number, now: number): boolean {
  const head = words[at] as number;
  if (!isToBeRead(head)) {
    words[at] = head & ~GHOST;
    return false;
  }
  const deadline = deadlineAt(words, doubles, at);
  return deadline === 0 || deadline > now;
}

/**
 * Copies the record at a word, of the database `number`. False: the target has no room. What was dead or
 * expired when the view was taken is passed over.
 */
export function copyRecord(
  region: Region,
  at: number,
  number: number,
  beside: Beside | undefined,
  now: number,
  target: FrozenTarget,
): boolean {
  if (!isShown(region, at, now)) return true;
  const { words, bytes, view, doubles } = region;
  const head = words[at] as number;
  const type = (head >>> TYPE_SHIFT) & TYPE_MASK;
  if (type !== 0) throw new Error('a structure has no bytes to copy: iterate over the view');
  const keyLength = head & KEY_LENGTH_MASK;
  const valueLength = words[at + 1] as number;
  const encoding = (head >>> ENCODING_SHIFT) & ENCODING_MASK;
  const deadline = deadlineAt(words, doubles, at);
  const to = target.put(number, type, encoding, deadline, keyLength, valueLength);
  if (to < 0) return false;
  const start = keyWord(words, at);
  if ((head & LARGE) !== 0) {
    const large = (beside as Beside).large(words[start] as number);
    target.bytes.set(large.bytes.subarray(large.key, large.key + keyLength), to);
    const value = large.bytes.subarray(large.value, large.value + valueLength);
    target.bytes.set(value, to + keyLength);
    return true;
  }
  copyRange(target, to, bytes, view, start * 4, keyLength);
  copyRange(target, to + keyLength, bytes, view, valueByte(words, at), valueLength);
  return true;
}

/** The entry of the record at a word, of the database `number`; undefined if it is not shown. */
export function readRecord(
  region: Region,
  at: number,
  number: number,
  beside: Beside | undefined,
  now: number,
): FrozenEntry | undefined {
  if (!isShown(region, at, now)) return undefined;
  const { words, doubles } = region;
  const head = words[at] as number;
  const type = (head >>> TYPE_SHIFT) & TYPE_MASK;
  const deadline = deadlineAt(words, doubles, at);
  return {
    database: number,
    ...keyAndValue(region, at, type, beside),
    type,
    structure: type === 0 ? undefined : beside?.structure(structureNumber(region, at, beside)),
    encoding: (head >>> ENCODING_SHIFT) & ENCODING_MASK,
    deadline: deadline === 0 ? undefined : deadline,
  };
}

/** The bytes of a record: copies, since it has been read and may change now. A large entry never does. */
function keyAndValue(
  { words, bytes }: Region,
  at: number,
  type: number,
  beside: Beside | undefined,
): Pick<FrozenEntry, 'key' | 'value'> {
  const head = words[at] as number;
  const keyLength = head & KEY_LENGTH_MASK;
  const valueLength = type === 0 ? (words[at + 1] as number) : 0;
  const start = keyWord(words, at);
  if ((head & LARGE) === 0) {
    const value = valueByte(words, at);
    return {
      key: bytes.slice(start * 4, start * 4 + keyLength),
      value: bytes.slice(value, value + valueLength),
    };
  }
  const large = (beside as Beside).large(words[start] as number);
  return {
    key: large.bytes.subarray(large.key, large.key + keyLength),
    value: large.bytes.subarray(large.value, large.value + valueLength),
  };
}
