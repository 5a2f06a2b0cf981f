import { commandId } from './commands/lookup.ts';
import { parseDecimal } from './integer.ts';
import {
  ARGUMENTS_MAX,
  BATCH_ARGUMENTS_MAX,
  FRAME_BYTES_MAX,
  INLINE_BYTES_MAX,
  UNAUTHENTICATED_ARGUMENTS_MAX,
  UNAUTHENTICATED_BULK_BYTES_MAX,
  VALUE_BYTES_MAX,
} from './limits.ts';
import type { RequestBatch } from './request-batch.ts';
import { PartialRequest, type RequestReader } from './request-reader.ts';
import { InlineRequest } from './resp-inline.ts';
import { readShapes, readSmall } from './resp-shapes.ts';

const CR = 0x0d;
const LF = 0x0a;
const ASTERISK = 0x2a;
const DOLLAR = 0x24;

/** More bytes are needed. */
const MORE = -1;
/** The protocol is broken; `error` says how. */
const BROKEN = -2;

/** A bulk string is this long at least: `$0\r\n\r\n`. */
const BULK_BYTES_MIN = 6;
/** A line is expected to end within so many bytes. */
const LINE_BYTES_USUAL = 32;
/** Lengths of fewer digits than this are read at once. */
const DIGITS_USUAL = 10;
/** A request with so many arguments found is not read from its beginning again. */
const REMEMBERED_MIN = 16;

/**
 * Reads RESP requests, pipelined and inline, out of byte ranges into a {@link RequestBatch}.
 * Arguments are RAW, which is what a batch has where no form was written: it must have been
 * filled by no other reader. See {@link RequestReader} for the contract.
 *
 * @example
 * ```ts
 * batch.begin(bytes);
 * const used = reader.fill(batch, 0, bytes.length, true);
 * ```
 */
export class RespReader implements RequestReader {
  error: string | undefined;
  wanted = 0;
  partial: PartialRequest | undefined;
  private readonly inline = new InlineRequest();
  private argumentsMax = ARGUMENTS_MAX;
  private bulkMax = VALUE_BYTES_MAX;
  private authenticated = true;
  /** Where the bulk that was read last begins, and how long it is. */
  private from = 0;
  private size = 0;
  /** The number of the line that was read last. */
  private number = 0;

  fill(batch: RequestBatch, start: number, end: number, authenticated: boolean): number {
    this.error = undefined;
    this.wanted = 0;
    this.authenticated = authenticated;
    this.argumentsMax = authenticated ? ARGUMENTS_MAX : UNAUTHENTICATED_ARGUMENTS_MAX;
    this.bulkMax = authenticated ? VALUE_BYTES_MAX : UNAUTHENTICATED_BULK_BYTES_MAX;
    // A stranger's requests are read one by one: the first may end the strangeness.
    const rowsMax = authenticated ? batch.capacity : 1;
    let at = start;
    if (this.partial !== undefined) {
      at = this.resume(batch, this.partial, start, end);
      if (at < 0) return start;
    }
    while (at < end && batch.rows < rowsMax && batch.arguments < BATCH_ARGUMENTS_MAX) {
      if (authenticated) {
        at = readShapes(batch, at, end);
        if (at === end || batch.rows === rowsMax) break;
        const next = readSmall(batch, at, end);
        if (next > at) {
          at = next;
          continue;
        }
      }
      const next = this.request(batch, at, end);
      if (next < 0) return at;
      at = next;
      // Its arguments lie elsewhere than those of other rows would.
      if (this.inline.isElsewhere(batch)) break;
    }
    return at;
  }

  /** One request, or nothing where a line is empty; answers where it ends, or what is wrong. */
  private request(batch: RequestBatch, at: number, end: number): number {
    if (batch.bytes[at] === ASTERISK) return this.multibulk(batch, at, end);
    return this.line(batch, at, end);
  }

  /** `*N\r\n` and N bulk strings. */
  private multibulk(batch: RequestBatch, at: number, end: number): number {
    let next = this.numberLine(batch, at, end, 'mbulk count', 'invalid multibulk length');
    if (next < 0) return next;
    const total = this.number;
    if (total <= 0) return next;
    if (total > this.argumentsMax)
      return this.fail(
        this.authenticated ? 'invalid multibulk length' : 'unauthenticated multibulk length',
      );
    // Each argument has some bytes at least: nothing is reserved for what can't be there.
    batch.reserve(Math.min(total, Math.ceil((end - next) / BULK_BYTES_MIN)));
    const name = batch.arguments;
    for (let found = 0; found < total; found++) {
      const before = next;
      next = this.bulk(batch, before, end);
      if (next < 0) {
        // Behind other requests it is read once more, so that it does not matter how many of
        // those are executed before the rest is given again.
        if (next === MORE && found >= REMEMBERED_MIN && batch.rows === 0)
          this.remember(batch, at, total, found, before);
        return this.incomplete(next, at, before, total - found, end);
      }
      const a = name + found;
      batch.offset[a] = this.from;
      batch.length[a] = this.size;
    }
    const command = commandId(
      batch.bytes,
      batch.offset[name] as number,
      batch.length[name] as number,
    );
    batch.add(command, total - 1, next);
    return next;
  }

  /** Keeps what has been found of a request of many arguments. */
  private remember(
    batch: RequestBatch,
    at: number,
    total: number,
    found: number,
    next: number,
  ): void {
    const partial = new PartialRequest(total, next - at);
    for (let i = 0; i < found; i++) {
      const a = batch.arguments + i;
      partial.add((batch.offset[a] as number) - at, batch.length[a] as number);
    }
    this.partial = partial;
  }

  /** Goes on with a request of which something is known; it begins at `start`. */
  private resume(batch: RequestBatch, partial: PartialRequest, start: number, end: number): number {
    let at = start + partial.next;
    while (partial.found < partial.total) {
      const next = this.bulk(batch, at, end);
      if (next < 0) return this.incomplete(next, start, at, partial.total - partial.found, end);
      partial.add(this.from - start, this.size);
      partial.next = next - start;
      at = next;
    }
    this.partial = undefined;
    const { total, offset, length } = partial;
    batch.reserve(total);
    const name = batch.arguments;
    for (let i = 0; i < total; i++) {
      batch.offset[name + i] = (offset[i] as number) + start;
      batch.length[name + i] = length[i] as number;
    }
    const command = commandId(batch.bytes, batch.offset[name] as number, length[0] as number);
    batch.add(command, total - 1, at);
    return at;
  }

  /**
   * `$N\r\n`, N bytes and two more, which nobody looks at, as in Redis. Leaves the bytes in
   * `from` and `size`; answers what is behind.
   */
  private bulk(batch: RequestBatch, at: number, end: number): number {
    const { bytes } = batch;
    if (at >= end) return MORE;
    if (bytes[at] !== DOLLAR) return this.fail(`expected '$', got '${shown(bytes[at] as number)}'`);
    // One digit or two, and their line feed, in all likelihood.
    const tens = (bytes[at + 1] as number) - 0x30;
    let from: number;
    let size: number;
    if (at + 5 < end && tens > 0 && tens < 10 && bytes[at + 3] === CR) {
      const ones = (bytes[at + 2] as number) - 0x30;
      if (ones < 0 || ones > 9) return this.fail('invalid bulk length');
      size = tens * 10 + ones;
      from = at + 5;
    } else if (at + 4 < end && tens >= 0 && tens < 10 && bytes[at + 2] === CR) {
      size = tens;
      from = at + 4;
    } else {
      from = this.numberLine(batch, at, end, 'bulk count', 'invalid bulk length');
      if (from < 0) return from;
      size = this.number;
    }
    if (size < 0 || size > this.bulkMax)
      return this.fail(
        size < 0 || this.authenticated ? 'invalid bulk length' : 'unauthenticated bulk length',
      );
    const next = from + size + 2;
    this.from = from;
    this.size = size;
    if (next <= end) return next;
    this.wanted = next;
    return MORE;
  }

  /** A line that begins at `at` with a kind and is an integer; leaves that in `number`. */
  private numberLine(
    batch: RequestBatch,
    at: number,
    end: number,
    what: string,
    problem: string,
  ): number {
    const { bytes } = batch;
    // Some digits, in all likelihood.
    const limit = Math.min(end - 1, at + 1 + DIGITS_USUAL);
    let digits = 0;
    let behind = at + 1;
    for (; behind < limit; behind++) {
      const digit = (bytes[behind] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      digits = digits * 10 + digit;
    }
    if (behind < limit && bytes[behind] === CR && bytes[at + 1] !== 0x30 && behind > at + 1) {
      this.number = digits;
      return behind + 2;
    }
    const cr = lineEnd(bytes, CR, at, end);
    if (cr === BROKEN) return this.fail(`too big ${what} string`);
    if (cr < 0 || cr + 1 >= end) return MORE;
    const number = parseDecimal(bytes, at + 1, cr - at - 1);
    if (number === undefined) return this.fail(problem);
    this.number = Number(number);
    return cr + 2;
  }

  /** A request in words, as people type it. */
  private line(batch: RequestBatch, at: number, end: number): number {
    const { bytes } = batch;
    const lf = lineEnd(bytes, LF, at, end);
    if (lf === BROKEN) return this.fail('too big inline request');
    if (lf < 0) return MORE;
    const stop = lf > at && bytes[lf - 1] === CR ? lf - 1 : lf;
    const { inline } = this;
    // Words in quotes are put elsewhere, and there is one such place for a batch.
    if (inline.hasQuotes(bytes, at, stop) && batch.rows > 0) return MORE;
    const count = inline.split(batch, at, stop);
    if (count < 0) return this.fail('unbalanced quotes in request');
    if (count === 0) return lf + 1;
    if (count > this.argumentsMax) return this.fail('unauthenticated multibulk length');
    const name = batch.arguments;
    const command = commandId(
      batch.bytes,
      batch.offset[name] as number,
      batch.length[name] as number,
    );
    batch.add(command, count - 1, lf + 1);
    return lf + 1;
  }

  /**
   * A request that begins at `start` is not whole: its bulk at `bulk`, and `left` with it, are
   * still to come.
   *
   * What is known of its length is told if that is all of it, or makes it twice as long as
   * what is there; otherwise a buffer that grew to just that would be copied for each bulk.
   */
  private incomplete(why: number, start: number, bulk: number, left: number, end: number): number {
    if (why === BROKEN) return BROKEN;
    const { wanted } = this;
    const least = wanted === 0 ? end - start : wanted - start + (left - 1) * BULK_BYTES_MIN;
    const isTold = wanted > 0 && (left === 1 || least >= 2 * (bulk - start));
    this.wanted = isTold ? least : 0;
    if (least > FRAME_BYTES_MAX)
      return this.fail(`a request of more than ${FRAME_BYTES_MAX} bytes`);
    return MORE;
  }

  private fail(reason: string): number {
    this.error = reason;
    return BROKEN;
  }
}

/**
 * Where the line at `at` ends, by its last byte but perhaps one; MORE while that is not
 * there, BROKEN for a line that is too long.
 */
function lineEnd(bytes: Uint8Array, byte: number, at: number, end: number): number {
  const limit = Math.min(end, at + INLINE_BYTES_MAX + 1);
  const usual = Math.min(limit, at + LINE_BYTES_USUAL);
  for (let i = at; i < usual; i++) if (bytes[i] === byte) return i;
  const found = usual < limit ? bytes.subarray(usual, limit).indexOf(byte) : -1;
  if (found >= 0) return usual + found;
  return end - at > INLINE_BYTES_MAX ? BROKEN : MORE;
}

function shown(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
}
