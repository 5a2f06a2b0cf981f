// GET and SET as nearly every client sends them, recognized by words of four bytes. This is
// the hot path of the reader: a whole run of such requests is read in one loop, with all
// columns in local variables. Then whole requests of any other command with few arguments.
// Whatever is not of these shapes, or not whole, is left to resp-reader.ts, which reads
// everything and says what is wrong.
import { compiledNamed } from './commands/compile.ts';
import { commandIdWithin } from './commands/lookup.ts';
import type { RequestBatch } from './request-batch.ts';

/** `*2\r\n`, `*3\r\n`, `$3\r\n`, `GET\r` and `SET\r` as words in little endian. */
const TWO_BULKS = 0x0a0d322a;
const THREE_BULKS = 0x0a0d332a;
const BULK_OF_3 = 0x0a0d3324;
const GET = 0x0d544547;
const SET = 0x0d544553;
/** Takes the case off three letters. */
const UPPER_3 = ~0x00202020;
/** The words above and a line feed; then a bulk string, `$0\r\n\r\n` at the least. */
const HEAD_BYTES = 13;
const SHAPE_BYTES_MIN = HEAD_BYTES + 6;

const GET_ID = compiledNamed('GET')?.id as number;
const SET_ID = compiledNamed('SET')?.id as number;

/** `$`, a digit, CR LF; and `$`, two digits, CR: the digits are masked out. */
const ONE_DIGIT = 0x0a0d0024;
const ONE_DIGIT_MASK = 0xffff00ff | 0;
const TWO_DIGITS = 0x0d000024;
const TWO_DIGITS_MASK = 0xff0000ff | 0;
/** `*`, a digit, CR LF. */
const COUNT_LINE = 0x0a0d002a;
const WORDS_MAX = 9;
const CR = 0x0d;
const DOLLAR = 0x24;
/** A length line is read here up to `$9999999\r\n`. */
const LENGTH_LINE_BYTES_MAX = 10;

/** A length line as one number: how many bytes it takes above, the length below. */
const LINE_SHIFT = 24;
const LENGTH_MASK = (1 << LINE_SHIFT) - 1;
/** No length line of a usual kind, or not whole. */
const NO_LINE = -1;

/** The length line at `at`, if it is whole and ordinary. */
function lengthLine(view: DataView, at: number, end: number): number {
  if (at + 6 > end) return NO_LINE;
  const word = view.getInt32(at, true);
  const first = ((word >>> 8) & 0xff) - 0x30;
  if ((word & TWO_DIGITS_MASK) === TWO_DIGITS) {
    const second = ((word >>> 16) & 0xff) - 0x30;
    // A leading zero is for the other reader to judge.
    if (first < 1 || first > 9 || second < 0 || second > 9) return NO_LINE;
    return (5 << LINE_SHIFT) | (first * 10 + second);
  }
  if ((word & ONE_DIGIT_MASK) === ONE_DIGIT)
    return first < 0 || first > 9 ? NO_LINE : (4 << LINE_SHIFT) | first;
  return longLengthLine(view, at, end);
}

function longLengthLine(view: DataView, at: number, end: number): number {
  if (view.getUint8(at) !== DOLLAR) return NO_LINE;
  const limit = Math.min(end, at + LENGTH_LINE_BYTES_MAX) - 1;
  let length = 0;
  let next = at + 1;
  for (; next < limit; next++) {
    const digit = view.getUint8(next) - 0x30;
    if (digit < 0 || digit > 9) break;
    length = length * 10 + digit;
  }
  const isLine = next < limit && view.getUint8(next) === CR && view.getUint8(at + 1) > 0x30;
  return isLine ? ((next + 2 - at) << LINE_SHIFT) | length : NO_LINE;
}

/**
 * Reads requests of the usual shapes from `at` on, as long as they follow each other, are
 * whole, and the batch has room. The client must be known: a stranger's limits are lower
 * than what is let through here.
 *
 * @returns where the first other request begins
 */
export function readShapes(batch: RequestBatch, start: number, end: number): number {
  const { view, command, first, count, end: ends, offset, length, keys, capacity } = batch;
  // Each takes up to two places.
  const argumentsMax = offset.length - 2;
  let row = batch.rows;
  let argument = batch.arguments;
  let { keyCount } = batch;
  let at = start;
  while (row < capacity && argument <= argumentsMax && at + SHAPE_BYTES_MIN <= end) {
    if (view.getInt32(at + 4, true) !== BULK_OF_3) break;
    const shape = view.getInt32(at, true);
    const word = view.getInt32(at + 8, true) & UPPER_3;
    const isGet = shape === TWO_BULKS && word === GET;
    if (!isGet && (shape !== THREE_BULKS || word !== SET)) break;
    const line = lengthLine(view, at + HEAD_BYTES, end);
    if (line === NO_LINE) break;
    const key = at + HEAD_BYTES + (line >>> LINE_SHIFT);
    let next = key + (line & LENGTH_MASK) + 2;
    if (next > end) break;
    offset[argument] = key;
    length[argument] = line & LENGTH_MASK;
    if (!isGet) {
      const valueLine = lengthLine(view, next, end);
      if (valueLine === NO_LINE) break;
      const value = next + (valueLine >>> LINE_SHIFT);
      next = value + (valueLine & LENGTH_MASK) + 2;
      if (next > end) break;
      offset[argument + 1] = value;
      length[argument + 1] = valueLine & LENGTH_MASK;
    }
    command[row] = isGet ? GET_ID : SET_ID;
    first[row] = argument;
    count[row] = isGet ? 1 : 2;
    ends[row] = next;
    keys[keyCount++] = argument;
    argument += isGet ? 1 : 2;
    at = next;
    row++;
  }
  batch.rows = row;
  batch.arguments = argument;
  batch.keyCount = keyCount;
  return at;
}

/**
 * Reads one request of up to nine words, if it is there as a whole; see {@link readShapes}.
 *
 * @returns where it ends, or `start` where it is not of this shape
 */
export function readSmall(batch: RequestBatch, start: number, end: number): number {
  const { view, offset, length, arguments: name } = batch;
  if (start + 4 > end || name + WORDS_MAX > offset.length) return start;
  const head = view.getInt32(start, true);
  const words = ((head >>> 8) & 0xff) - 0x30;
  if ((head & ONE_DIGIT_MASK) !== COUNT_LINE || words < 1 || words > WORDS_MAX) return start;
  let at = start + 4;
  for (let word = name; word < name + words; word++) {
    const line = lengthLine(view, at, end);
    if (line === NO_LINE) return start;
    const from = at + (line >>> LINE_SHIFT);
    const bytes = line & LENGTH_MASK;
    at = from + bytes + 2;
    if (at > end) return start;
    offset[word] = from;
    length[word] = bytes;
  }
  const command = commandIdWithin(
    batch.bytes,
    view,
    offset[name] as number,
    length[name] as number,
  );
  batch.add(command, words - 1, at);
  return at;
}
