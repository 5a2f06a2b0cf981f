/** The value codec: any JavaScript value that has an exact form <-> MessagePack. */

import { ByteWriter } from '../byte-writer.ts';
import { Decoder, type OnReplyError } from './decode.ts';
import { Encoder } from './encode.ts';
import { ExtensionRegistry, type ValueExtension } from './extensions.ts';
import { KeyCache } from './key-cache.ts';
import { readText } from './text.ts';

export interface ValueCodecOptions {
  /** How instances of the application's classes are written and read. */
  readonly extensions?: readonly ValueExtension[];
}

/** Results up to this size share the memory they were written to, as `Buffer.from`'s do. */
const POOLED_BYTES_MAX = 1024;
/** A shared run is given up when less than one pooled result may fit. */
const POOL_BYTES = 8 * POOLED_BYTES_MAX;

/**
 * Encodes and decodes values exactly: what comes back is what went in.
 *
 * Exact are undefined, null, booleans, numbers (-0, NaN, infinities), bigints of
 * 64 bits, well-formed strings, Uint8Array (a Buffer reads back as one) and the
 * other typed arrays, Date, Map, Set, arrays, plain objects with any string keys,
 * and instances of registered classes. Everything else is refused by a
 * {@link ValueError} before a byte is sent. Not kept: the holes of an array (they
 * read back as undefined), properties of arrays, maps and dates beside their
 * contents, symbol keys, getters (their result is written), a null prototype,
 * and that two places held the same object.
 *
 * @example
 * ```ts
 * const codec = new ValueCodec();
 * const bytes = codec.encode({ id: 7n, seen: new Date(0), tags: new Set(['a']) });
 * codec.decode(bytes); // { id: 7n, seen: 1970-01-01T00:00:00.000Z, tags: Set { 'a' } }
 * ```
 */
export class ValueCodec {
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  #pool: ByteWriter | undefined;

  /** @throws ValueError `BAD_EXTENSION`: a type out of range, or a type or class met twice. */
  constructor(options: ValueCodecOptions = {}) {
    const extensions = new ExtensionRegistry(options.extensions ?? []);
    this.#encoder = new Encoder(extensions);
    this.#decoder = new Decoder(extensions, new KeyCache());
  }

  /**
   * The bytes of a value. A small result shares its `buffer` with others, as a small
   * Buffer does: copy it before transferring that to another thread.
   *
   * @throws ValueError with the path of what cannot be encoded.
   */
  encode(value: unknown): Uint8Array<ArrayBuffer> {
    // Taken while in use: a getter or an extension that encodes finds none and brings its own.
    let pool = this.#pool;
    this.#pool = undefined;
    if (pool === undefined || pool.position > POOL_BYTES - POOLED_BYTES_MAX) {
      pool = new ByteWriter(POOL_BYTES);
    }
    const start = pool.position;
    let result: Uint8Array<ArrayBuffer>;
    try {
      this.#encoder.encode(pool, value);
      const { bytes, position } = pool;
      if (position - start <= POOLED_BYTES_MAX) {
        result = new Uint8Array(bytes.buffer, bytes.byteOffset + start, position - start);
      } else {
        // A writer's memory is not zeroed first where the host allows.
        const own = new ByteWriter(position - start).bytes;
        own.set(bytes.subarray(start, position));
        result = new Uint8Array(own.buffer, own.byteOffset, own.length);
        pool.position = start;
      }
    } finally {
      // One that grew for a large value is not kept.
      if (pool.bytes.length === POOL_BYTES) this.#pool = pool;
    }
    return result;
  }

  /**
   * Writes a value at the writer's position, which moves behind it. After an error
   * the position is where it was.
   *
   * @throws ValueError with the path of what cannot be encoded.
   */
  encodeInto(writer: ByteWriter, value: unknown): void {
    this.#encoder.encode(writer, value);
  }

  /**
   * The value in `bytes[start, end)`, which must be exactly one.
   *
   * @throws ValueError `MALFORMED`, `TOO_DEEP`, `TOO_LARGE` (a string beyond the engine's longest),
   *   `UNKNOWN_EXTENSION`, `UNSUPPORTED_VALUE` (a Float16Array where there are none).
   */
  decode(bytes: Uint8Array, start = 0, end: number = bytes.length): unknown {
    return this.#decoder.decode(bytes, start, end);
  }

  /**
   * The reply in `bytes[start, end)`: ordinary MessagePack in which extension 1 wraps
   * one stored value. Outside of these, nil reads as `absent`, and 64-bit integers as
   * numbers where they are safe; inside, the rules are those of {@link decode}. An
   * error inside an array is what `onError` makes of it; without that it is MALFORMED.
   *
   * @example
   * ```ts
   * // [nil, VALUE nil, VALUE 7n]
   * codec.decodeReply(Uint8Array.of(0x93, 0xc0, 0xd4, 1, 0xc0, 0xc7, 9, 1, 0xd3, 0, 0, 0, 0, 0, 0, 0, 7));
   * // [undefined, null, 7n]
   * ```
   */
  decodeReply(
    bytes: Uint8Array,
    start = 0,
    end: number = bytes.length,
    absent: unknown = undefined,
    onError?: OnReplyError,
  ): unknown {
    // Most replies are a small integer or a short string: these need no decoder.
    if (start >= 0 && end <= bytes.length) {
      const token = bytes[start] as number;
      if (token < 0x80 && end === start + 1) return token;
      if (token >= 0xa0 && token < 0xc0 && end === start + 1 + (token & 0x1f))
        return readText(bytes, start + 1, end);
      if (token === 0xd9 && end === start + 2 + (bytes[start + 1] as number))
        return readText(bytes, start + 2, end);
    }
    return this.#decoder.decodeReply(bytes, start, end, absent, onError);
  }
}

/** A codec without extensions, for whoever needs none. */
export const valueCodec: ValueCodec = new ValueCodec();
