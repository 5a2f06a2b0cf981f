/**
 * The encoder's hot half: scalars, strings, arrays and plain objects. Everything
 * rarer is in encode-objects.ts.
 *
 * This file is shaped by measurements (Node 26), and its functions are longer than
 * ours usually are because of them:
 *
 * - The position is a parameter and a result, never a field, so it stays in a
 *   register; a failed encode has nothing to undo.
 * - `for in` with a look-up inside is three times as fast as `Object.keys`, since
 *   the engine walks the object's layout. Inherited keys are the price: whether
 *   `Object.prototype` has any is asked once an encode (2 ns), not once a key.
 * - An ASCII loop costs 1.2 ns a character, a native write 25 ns at any length.
 * - Nothing is tracked for paths and cycles until something is wrong (refusal.ts)
 *   or suspiciously deep.
 */

import type { ByteWriter } from '../byte-writer.ts';
import { DEPTH_MAX, VALUE_BYTES_MAX } from '../limits.ts';
import { encodeObject } from './encode-objects.ts';
import type { ExtensionRegistry } from './extensions.ts';
import { EXT_UNDEFINED } from './format.ts';
import { keyStep, passing, Refusal, tooLarge, unsupported } from './refusal.ts';
import { textBytesMax, writeText } from './text.ts';

/** Any scalar, or the header of anything else, fits in this. */
const SCALAR_BYTES_MAX = 16;

/** Strings up to this length are tried as ASCII first. Must stay below 32: see `text`. */
const LOOP_LENGTH_MAX = 20;

/** Levels that need no look at their ancestors: real values end before, cycles go on. */
const UNWATCHED_LEVELS = 8;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

const { getPrototypeOf, hasOwn } = Object;
const ObjectPrototype: object = Object.prototype;
const ArrayPrototype: object = Array.prototype;
const { isArray } = Array;
/** In every host we run on, but newer than the library that we compile against. */
const { isWellFormed } = String.prototype as unknown as { isWellFormed(this: string): boolean };

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/** Writes values at the position of a ByteWriter. One encoder serves one encode at a time. */
export class Encoder {
  readonly extensions: ExtensionRegistry;
  /** The writer's own, for the time of one encode; `room` keeps them current. */
  bytes: Uint8Array<ArrayBuffer> = NO_BYTES;
  view: DataView<ArrayBuffer> = NO_VIEW;
  #writer: ByteWriter | undefined;
  #start = 0;
  /** Where a scalar still fits. */
  #scalarsEnd = 0;
  /** Whether `Object.prototype` has enumerable keys, as no sane program's has. */
  #polluted = false;
  /** Containers above the current one, from `UNWATCHED_LEVELS` down. */
  readonly #ancestors: object[] = [];

  constructor(extensions: ExtensionRegistry) {
    this.extensions = extensions;
  }

  /** Writes one value; a failed encode leaves the writer's position where it was. */
  encode(writer: ByteWriter, value: unknown): void {
    if (this.#writer !== undefined) {
      // A getter or an extension encodes while we do: it gets an encoder of its own.
      if (this.#writer === writer) throw new TypeError('this writer is being encoded to');
      new Encoder(this.extensions).encode(writer, value);
      return;
    }
    const start = writer.position;
    this.#writer = writer;
    this.#start = start;
    this.#attach(writer);
    this.#polluted = false;
    for (const _ in ObjectPrototype) this.#polluted = true;
    let end = start;
    try {
      end = this.value(value, start, 0);
      if (end - start > VALUE_BYTES_MAX) throw tooLarge();
    } catch (thrown) {
      end = start;
      throw thrown instanceof Refusal ? thrown.toError() : thrown;
    } finally {
      writer.position = end;
      this.#writer = undefined;
      this.bytes = NO_BYTES;
      this.view = NO_VIEW;
      if (this.#ancestors.length > 0) this.#ancestors.length = 0;
    }
  }

  /** Writes any value at `at` and returns where it ends. `depth` counts the containers around it. */
  value(value: unknown, at: number, depth: number): number {
    if (at > this.#scalarsEnd) this.room(at, SCALAR_BYTES_MAX);
    switch (typeof value) {
      case 'string':
        return this.text(value, at);
      case 'number':
        return this.number(value, at);
      case 'object': {
        if (value === null) {
          this.bytes[at] = 0xc0;
          return at + 1;
        }
        const prototype: object | null = getPrototypeOf(value);
        if (prototype === ObjectPrototype) return this.plain(value, at, depth + 1, this.#polluted);
        if (prototype === ArrayPrototype && isArray(value)) return this.array(value, at, depth + 1);
        return encodeObject(this, value, prototype, at, depth);
      }
      case 'boolean':
        this.bytes[at] = value ? 0xc3 : 0xc2;
        return at + 1;
      case 'undefined':
        return this.emptyExtension(EXT_UNDEFINED, at);
      case 'bigint':
        return this.bigint(value, at);
      default:
        throw unsupported(value);
    }
  }

  /** `value` has made room, here and for whatever else it calls: 16 bytes from `at`. */
  number(value: number, at: number): number {
    const { bytes } = this;
    const int = value | 0;
    if (int === value && (int !== 0 || 1 / value > 0)) {
      if (int >= 0) {
        if (int < 0x80) {
          bytes[at] = int;
          return at + 1;
        }
        if (int < 0x100) {
          bytes[at] = 0xcc;
          bytes[at + 1] = int;
          return at + 2;
        }
        if (int < 0x10000) {
          bytes[at] = 0xcd;
          bytes[at + 1] = int >> 8;
          bytes[at + 2] = int;
          return at + 3;
        }
        bytes[at] = 0xce;
      } else {
        if (int >= -0x20) {
          bytes[at] = int;
          return at + 1;
        }
        if (int >= -0x80) {
          bytes[at] = 0xd0;
          bytes[at + 1] = int;
          return at + 2;
        }
        if (int >= -0x8000) {
          bytes[at] = 0xd1;
          bytes[at + 1] = int >> 8;
          bytes[at + 2] = int;
          return at + 3;
        }
        bytes[at] = 0xd2;
      }
      this.view.setInt32(at + 1, int, false);
      return at + 5;
    }
    if (value >>> 0 === value && value !== 0) {
      bytes[at] = 0xce;
      this.view.setUint32(at + 1, value, false);
      return at + 5;
    }
    bytes[at] = 0xcb;
    // One NaN for all: an engine may keep the payload that a NaN came with.
    if (!Number.isNaN(value)) this.view.setFloat64(at + 1, value, false);
    else {
      this.view.setUint32(at + 1, 0x7ff80000, false);
      this.view.setUint32(at + 5, 0, false);
    }
    return at + 9;
  }

  bigint(value: bigint, at: number): number {
    if (value >= INT64_MIN && value <= INT64_MAX) {
      this.bytes[at] = 0xd3;
      this.view.setBigInt64(at + 1, value, false);
    } else if (value > 0n && value <= UINT64_MAX) {
      this.bytes[at] = 0xcf;
      this.view.setBigUint64(at + 1, value, false);
    } else {
      throw new Refusal(
        'BIGINT_RANGE',
        'a bigint beyond 64 bits',
        'bigints reach from -(2n ** 63n) to 2n ** 64n - 1n; store its digits as a string.',
        value,
      );
    }
    return at + 9;
  }

  text(value: string, at: number): number {
    const { length } = value;
    if (length > LOOP_LENGTH_MAX) return this.#nativeText(value, at);
    if (at + length >= this.#scalarsEnd) this.room(at, length + SCALAR_BYTES_MAX);
    const { bytes } = this;
    bytes[at] = 0xa0 | length;
    let p = at + 1;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return this.#nativeText(value, at);
      bytes[p++] = unit;
    }
    return p;
  }

  array(array: readonly unknown[], at: number, depth: number): number {
    if (depth > UNWATCHED_LEVELS) this.watch(array, depth);
    const { length } = array;
    // Holes are written too, so a sparse array could announce more than fits.
    if (length > VALUE_BYTES_MAX) throw tooLarge();
    let p = this.#containerHeader(at, 0x90, 0xdc, length);
    let i = 0;
    try {
      for (; i < length; i++) {
        const item = array[i];
        // Numbers come in thousands: they skip the switch.
        if (typeof item === 'number' && p <= this.#scalarsEnd) p = this.number(item, p);
        else p = this.value(item, p, depth);
      }
    } catch (thrown) {
      throw passing(thrown, array, `[${i}]`);
    }
    return p;
  }

  /** A plain object. `filter`: the chain may have enumerable keys that are not its own. */
  plain(object: object, at: number, depth: number, filter: boolean): number {
    if (depth > UNWATCHED_LEVELS) this.watch(object, depth);
    // How many keys there are is known at the end: a getter may add or delete some.
    let count = 0;
    let p = at + 1;
    let current = '';
    try {
      for (const key in object) {
        if (filter && !hasOwn(object, key)) continue;
        current = key;
        p = this.text(key, p);
        p = this.value((object as Record<string, unknown>)[key], p, depth);
        count++;
      }
    } catch (thrown) {
      throw passing(thrown, object, keyStep(current));
    }
    if (count < 16) {
      this.bytes[at] = 0x80 | count;
      return p;
    }
    const more = count < 0x10000 ? 2 : 4;
    p = this.shift(at + 1, p, more);
    this.#containerHeader(at, 0x80, 0xde, count);
    return p;
  }

  /** Called by whatever opens a container deep down: refuses cycles and what is too deep. */
  watch(container: object, depth: number): void {
    if (depth <= UNWATCHED_LEVELS) return;
    if (depth > DEPTH_MAX) {
      throw new Refusal(
        'TOO_DEEP',
        `more than ${DEPTH_MAX} levels`,
        'flatten it, or store its parts under keys of their own.',
        container,
      );
    }
    const ancestors = this.#ancestors;
    const index = depth - UNWATCHED_LEVELS - 1;
    for (let i = 0; i < index; i++) {
      if (ancestors[i] === container) throw new Refusal('CYCLE', 'a cycle', '', container);
    }
    ancestors[index] = container;
  }

  /** An extension without a body. */
  emptyExtension(type: number, at: number): number {
    const { bytes } = this;
    bytes[at] = 0xc7;
    bytes[at + 1] = 0;
    bytes[at + 2] = type;
    return at + 3;
  }

  /** Moves `bytes[from, end)` by `distance` and returns its new end: a header came out longer. */
  shift(from: number, end: number, distance: number): number {
    if (distance !== 0) {
      this.room(end, SCALAR_BYTES_MAX);
      this.bytes.copyWithin(from + distance, from, end);
    }
    return end + distance;
  }

  /** Makes room for `count` bytes at `at` and a scalar behind them. */
  room(at: number, count: number): void {
    if (at + count <= this.#scalarsEnd) return;
    const writer = this.#writer as ByteWriter;
    if (at + count - this.#start > VALUE_BYTES_MAX + MARGIN_BYTES) throw tooLarge();
    // The writer keeps what lies before its position.
    writer.position = at;
    writer.room(count + SCALAR_BYTES_MAX);
    writer.position = this.#start;
    this.#attach(writer);
  }

  #attach(writer: ByteWriter): void {
    this.bytes = writer.bytes;
    this.view = writer.view;
    this.#scalarsEnd = writer.bytes.length - SCALAR_BYTES_MAX;
  }

  #nativeText(value: string, at: number): number {
    const { length } = value;
    this.room(at, textBytesMax(value) + SCALAR_BYTES_MAX);
    // As if all were ASCII; where that guess is off, the bytes move a little.
    const guess = textHeaderBytes(length);
    const written = writeText(this.bytes, at + guess, value);
    if (written !== length && !isWellFormed.call(value)) {
      throw new Refusal(
        'LONE_SURROGATE',
        'a string with half of a surrogate pair',
        'it has no UTF-8; repair it with toWellFormed(), or store its bytes.',
        value,
      );
    }
    const header = textHeaderBytes(written);
    const end = this.shift(at + guess, at + guess + written, header - guess);
    const { bytes, view } = this;
    if (header === 1) bytes[at] = 0xa0 | written;
    else if (header === 2) {
      bytes[at] = 0xd9;
      bytes[at + 1] = written;
    } else if (header === 3) {
      bytes[at] = 0xda;
      view.setUint16(at + 1, written, false);
    } else {
      bytes[at] = 0xdb;
      view.setUint32(at + 1, written, false);
    }
    return end;
  }

  #containerHeader(at: number, fix: number, wide: number, count: number): number {
    if (count < 16) {
      this.bytes[at] = fix | count;
      return at + 1;
    }
    if (count < 0x10000) {
      this.bytes[at] = wide;
      this.view.setUint16(at + 1, count, false);
      return at + 3;
    }
    this.bytes[at] = wide + 1;
    this.view.setUint32(at + 1, count, false);
    return at + 5;
  }
}

/** Room is asked for by upper bounds; the exact size is checked at the end. */
const MARGIN_BYTES = 64 * 1024;

function textHeaderBytes(bytes: number): number {
  if (bytes < 0x20) return 1;
  if (bytes < 0x100) return 2;
  return bytes < 0x10000 ? 3 : 5;
}
