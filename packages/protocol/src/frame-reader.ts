import { commandId } from './commands/lookup.ts';
import { ArgumentForm } from './encodings.ts';
import { Errors } from './errors.ts';
import { EXT_VALUE, FRAME_HEADER_BYTES, FRAME_LENGTH_BYTES, FrameKind } from './frame.ts';
import {
  ARGUMENTS_MAX,
  BATCH_ARGUMENTS_MAX,
  FRAME_BYTES_MAX,
  UNAUTHENTICATED_ARGUMENTS_MAX,
  UNAUTHENTICATED_FRAME_BYTES_MAX,
} from './limits.ts';
import { INVALID, type RequestBatch } from './request-batch.ts';
import type { PartialRequest, RequestReader } from './request-reader.ts';
import { WALK_TOO_DEEP, walkValue } from './value/walk.ts';

const TRUNCATED = 'a request ends inside an argument';

/**
 * Reads native requests out of a range of bytes into a {@link RequestBatch}.
 *
 * A partial frame is not an error: {@link fill} answers how far it came, and the
 * rest is given again with more bytes. When the bytes break the protocol, `error`
 * is set; what was read before it is in the batch and may be answered first. A request
 * whose VALUE is malformed or too deep is a row of its own, {@link INVALID}.
 *
 * @example
 * ```ts
 * batch.begin(bytes);
 * const used = reader.fill(batch, 0, bytes.length, true);
 * ```
 */
export class FrameReader implements RequestReader {
  /** What broke the protocol in the last call of {@link fill}, or `undefined`. */
  error: string | undefined;
  /** Bytes that the frame at the returned offset will have; 0 while unknown. */
  wanted = 0;
  /** A frame says how long it is: nothing of a partial one has been read. */
  partial: PartialRequest | undefined = undefined;
  /** Where the element that was read last ends. */
  private next = 0;

  /**
   * Reads whole frames of `[start, end)` until the batch is full.
   *
   * @param authenticated - otherwise the limits of strangers hold
   * @returns the offset of the first byte that was not consumed
   */
  fill(batch: RequestBatch, start: number, end: number, authenticated: boolean): number {
    const bytesMax = authenticated ? FRAME_BYTES_MAX : UNAUTHENTICATED_FRAME_BYTES_MAX;
    const argumentsMax = authenticated ? ARGUMENTS_MAX : UNAUTHENTICATED_ARGUMENTS_MAX;
    // A stranger's requests are read one by one: the first may end the strangeness.
    const rowsMax = authenticated ? batch.capacity : 1;
    this.error = undefined;
    this.wanted = 0;
    let at = start;
    while (
      at + FRAME_LENGTH_BYTES <= end &&
      batch.rows < rowsMax &&
      batch.arguments < BATCH_ARGUMENTS_MAX
    ) {
      const length = batch.view.getUint32(at, false);
      if (length < 1 || length > bytesMax) {
        this.error = `a frame of ${length} bytes; 1 to ${bytesMax} are allowed${authenticated ? '' : ' before authentication'}`;
        break;
      }
      const frameEnd = at + FRAME_LENGTH_BYTES + length;
      if (frameEnd > end) {
        this.wanted = frameEnd - at;
        break;
      }
      const kind = batch.view.getUint8(at + FRAME_LENGTH_BYTES);
      const durable = kind === FrameKind.DURABLE_REQUEST;
      if (kind !== FrameKind.REQUEST && !durable) {
        this.error = `a frame of kind ${kind}; a client sends requests (${FrameKind.REQUEST}, ${FrameKind.DURABLE_REQUEST})`;
        break;
      }
      if (durable !== batch.durable) {
        // A batch has one kind of them; the others are read into the next one.
        if (batch.rows > 0) break;
        batch.durable = durable;
      }
      if (!this.request(batch, at + FRAME_HEADER_BYTES, frameEnd, argumentsMax)) break;
      at = frameEnd;
    }
    return at;
  }

  /** One request body in `[start, end)` to one row. False: the protocol is broken. */
  private request(b: RequestBatch, start: number, end: number, argumentsMax: number): boolean {
    const count = this.arrayHeader(b.view, start, end);
    if (count < 1) return this.fail('a request is a MessagePack array that begins with a command');
    if (count > argumentsMax) return this.fail(`${count} arguments; ${argumentsMax} are allowed`);
    // Each element has one byte at least: nothing is reserved for what can't be there.
    if (count > end - this.next) return this.fail(TRUNCATED);
    b.reserve(count);
    const row = b.rows;
    const name = b.arguments;
    let problem: string | undefined;
    let at = this.next;
    for (let i = 0; i < count; i++) {
      const reason = this.element(b, name + i, at, end);
      if (reason === TOO_DEEP || reason === MALFORMED) problem ??= reason;
      else if (reason !== undefined) return this.fail(reason);
      at = this.next;
    }
    if (at !== end) return this.fail('a request has bytes behind its last argument');
    if (!b.isText(name)) return this.fail('the name of a command is a string');
    const command =
      problem === undefined
        ? commandId(b.bytes, b.offset[name] as number, b.length[name] as number)
        : INVALID;
    if (problem !== undefined) b.problems[row] = problem;
    b.add(command, count - 1, end);
    return true;
  }

  private fail(reason: string): false {
    this.error = reason;
    return false;
  }

  /** The number of elements of the array at `at`, or -1; leaves `next` behind the header. */
  private arrayHeader(view: DataView, at: number, end: number): number {
    if (at >= end) return -1;
    const head = view.getUint8(at);
    if ((head & 0xf0) === 0x90) {
      this.next = at + 1;
      return head & 0x0f;
    }
    const width = head === 0xdc ? 2 : head === 0xdd ? 4 : 0;
    if (width === 0 || at + 1 + width > end) return -1;
    this.next = at + 1 + width;
    return width === 2 ? view.getUint16(at + 1, false) : view.getUint32(at + 1, false);
  }

  /** One argument; what is wrong with it, or undefined. Leaves `next` behind it. */
  private element(b: RequestBatch, a: number, at: number, end: number): string | undefined {
    if (at >= end) return TRUNCATED;
    const head = b.view.getUint8(at);
    if (head < 0x80 || head >= 0xe0) return this.take(b, a, ArgumentForm.INTEGER, at, 0, 1, end);
    if (head >= 0xa0 && head < 0xc0)
      return this.take(b, a, ArgumentForm.TEXT, at, 1, head & 0x1f, end);
    switch (head) {
      case 0xc0:
        return this.take(b, a, ArgumentForm.NIL, at, 0, 1, end);
      case 0xc2:
      case 0xc3:
        return this.take(b, a, ArgumentForm.BOOLEAN, at, 0, 1, end);
      case 0xca:
        return this.take(b, a, ArgumentForm.FLOAT, at, 0, 5, end);
      case 0xcb:
        return this.take(b, a, ArgumentForm.FLOAT, at, 0, 9, end);
      case 0xcc:
      case 0xd0:
        return this.take(b, a, ArgumentForm.INTEGER, at, 0, 2, end);
      case 0xcd:
      case 0xd1:
        return this.take(b, a, ArgumentForm.INTEGER, at, 0, 3, end);
      case 0xce:
      case 0xd2:
        return this.take(b, a, ArgumentForm.INTEGER, at, 0, 5, end);
      case 0xcf:
      case 0xd3:
        return this.take(b, a, ArgumentForm.INTEGER, at, 0, 9, end);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.sized(b, a, ArgumentForm.TEXT, at, 1 << (head - 0xd9), 0, end);
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.sized(b, a, ArgumentForm.BYTES, at, 1 << (head - 0xc4), 0, end);
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.sized(b, a, ArgumentForm.VALUE, at, 1 << (head - 0xc7), 1, end);
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.extension(b, a, at, 1, 1 << (head - 0xd4), end);
      default:
        return 'an argument is a string, bytes, nil, a boolean, a number or extension 1';
    }
  }

  /** An element whose length field is `width` bytes, with `typeBytes` more before the payload. */
  private sized(
    b: RequestBatch,
    a: number,
    form: ArgumentForm,
    at: number,
    width: number,
    typeBytes: number,
    end: number,
  ): string | undefined {
    if (at + 1 + width + typeBytes > end) return TRUNCATED;
    const view = b.view;
    const length =
      width === 1
        ? view.getUint8(at + 1)
        : width === 2
          ? view.getUint16(at + 1, false)
          : view.getUint32(at + 1, false);
    return form === ArgumentForm.VALUE
      ? this.extension(b, a, at, 1 + width, length, end)
      : this.take(b, a, form, at, 1 + width, length, end);
  }

  /** An extension whose type is `skip` bytes behind `at`: 1, and its body one whole value. */
  private extension(
    b: RequestBatch,
    a: number,
    at: number,
    skip: number,
    length: number,
    end: number,
  ): string | undefined {
    const body = at + skip + 1;
    if (body + length > end) return TRUNCATED;
    if (b.view.getInt8(at + skip) !== EXT_VALUE)
      return `an argument is extension ${b.view.getInt8(at + skip)}; a value is extension ${EXT_VALUE}`;
    const walked = walkValue(b.bytes, body, body + length);
    this.take(b, a, ArgumentForm.VALUE, at, skip + 1, length, end);
    if (walked === WALK_TOO_DEEP) return TOO_DEEP;
    return walked === body + length ? undefined : MALFORMED;
  }

  private take(
    b: RequestBatch,
    a: number,
    form: ArgumentForm,
    at: number,
    skip: number,
    length: number,
    end: number,
  ): string | undefined {
    const from = at + skip;
    if (from + length > end) return TRUNCATED;
    b.offset[a] = from;
    b.length[a] = length;
    b.form[a] = form;
    this.next = from + length;
    return undefined;
  }
}

/**
 * What is wrong with a VALUE does not break the protocol, since its header says where
 * it ends: the request is refused, the connection goes on.
 */
const TOO_DEEP = Errors.valueTooDeep.message;
const MALFORMED = Errors.valueMalformed.message;
