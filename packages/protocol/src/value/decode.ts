/**
 * The decoder's hot half: scalars, strings, arrays and maps. Extensions are in
 * decode-extensions.ts.
 *
 * Measured choices (Node 26): no DataView over the input until there are
 * floats enough to be worth its 50 ns; strings of up to 16 bytes without a native
 * call; object keys from a cache. The position is a field, since every function
 * returns a value already.
 *
 * Every announced length is compared with the bytes that are left before memory
 * is set aside. What walk.ts accepts, this accepts, and nothing else.
 */

import { DEPTH_MAX } from '../limits.ts';
import { readExtension } from './decode-extensions.ts';
import type { ExtensionRegistry } from './extensions.ts';
import type { KeyCache } from './key-cache.ts';
import { readText } from './text.ts';
import { ValueError } from './value-error.ts';

/** What a reply puts where an error stands inside an array. */
export type OnReplyError = (code: string, message: string, details: unknown) => unknown;

/** An array longer than this grows as it fills: nested announcements must not add up. */
const PREALLOCATED_MAX = 4096;

/** So many floats are put together byte by byte before a DataView over the input pays. */
const FLOATS_WITHOUT_VIEW = 6;

const NO_BYTES = new Uint8Array(0);

const scratch = new DataView(new ArrayBuffer(8));

/** Reads one value from a range of bytes. One decoder serves one decode at a time. */
export class Decoder {
  readonly extensions: ExtensionRegistry;
  readonly #keys: KeyCache;
  bytes: Uint8Array = NO_BYTES;
  position = 0;
  /** Nothing of the current value lies at or behind this: the end of the range, or of an extension. */
  end = 0;
  /** Inside a reply, but not inside one of its values. */
  inReply = false;
  /** What nil reads as: null, or in a reply what stands for absence. */
  nil: unknown = null;
  onError: OnReplyError | undefined;
  #view: DataView | undefined;
  #floats = 0;
  #busy = false;

  constructor(extensions: ExtensionRegistry, keys: KeyCache) {
    this.extensions = extensions;
    this.#keys = keys;
  }

  /** Reads exactly one value from `bytes[start, end)`. */
  decode(bytes: Uint8Array, start: number, end: number): unknown {
    return this.#run(bytes, start, end, false, null, undefined);
  }

  /** Reads exactly one reply; see `ValueCodec.decodeReply`. */
  decodeReply(
    bytes: Uint8Array,
    start: number,
    end: number,
    absent: unknown,
    onError: OnReplyError | undefined,
  ): unknown {
    return this.#run(bytes, start, end, true, absent, onError);
  }

  #run(
    bytes: Uint8Array,
    start: number,
    end: number,
    inReply: boolean,
    nil: unknown,
    onError: OnReplyError | undefined,
  ): unknown {
    if (this.#busy) {
      // An extension decodes while we do: it gets a decoder of its own.
      const inner = new Decoder(this.extensions, this.#keys);
      return inner.#run(bytes, start, end, inReply, nil, onError);
    }
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new RangeError(`no range of ${bytes.length} bytes: ${start} to ${end}`);
    }
    this.#busy = true;
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.inReply = inReply;
    this.nil = nil;
    this.onError = onError;
    this.#floats = 0;
    try {
      const value = this.value(0);
      if (this.position !== end) throw this.malformed('bytes behind the value');
      return value;
    } finally {
      this.#busy = false;
      // Hold on to nobody's memory.
      this.bytes = NO_BYTES;
      this.#view = undefined;
      this.nil = null;
      this.onError = undefined;
    }
  }

  /** Reads the value at the position. `depth` counts the containers around it. */
  value(depth: number): unknown {
    const { bytes, position: at } = this;
    if (at >= this.end) throw this.truncated();
    const token = bytes[at] as number;
    this.position = at + 1;
    if (token < 0x80) return token;
    if (token < 0x90) return this.#map(token & 0x0f, depth + 1);
    if (token < 0xa0) return this.#array(token & 0x0f, depth + 1);
    if (token < 0xc0) return this.#text(token & 0x1f);
    if (token >= 0xe0) return token - 0x100;
    switch (token) {
      case 0xc0:
        return this.nil;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#bin(this.uint8());
      case 0xc5:
        return this.#bin(this.uint16());
      case 0xc6:
        return this.#bin(this.uint32());
      case 0xca:
        scratch.setUint32(0, this.uint32());
        return scratch.getFloat32(0);
      case 0xcb:
        return this.#float64();
      case 0xcc:
        return this.uint8();
      case 0xcd:
        return this.uint16();
      case 0xce:
        return this.uint32();
      case 0xcf:
        return this.#bigint(false);
      case 0xd0:
        return (this.uint8() << 24) >> 24;
      case 0xd1:
        return (this.uint16() << 16) >> 16;
      case 0xd2:
        return this.uint32() | 0;
      case 0xd3:
        return this.#bigint(true);
      case 0xd9:
        return this.#text(this.uint8());
      case 0xda:
        return this.#text(this.uint16());
      case 0xdb:
        return this.#text(this.uint32());
      case 0xdc:
        return this.#array(this.uint16(), depth + 1);
      case 0xdd:
        return this.#array(this.uint32(), depth + 1);
      case 0xde:
        return this.#map(this.uint16(), depth + 1);
      case 0xdf:
        return this.#map(this.uint32(), depth + 1);
      case 0xc1:
        this.position = at;
        throw this.malformed('the byte 0xc1, which MessagePack never uses');
      default:
        return readExtension(this, token, depth);
    }
  }

  uint8(): number {
    const at = this.#take(1);
    return this.bytes[at] as number;
  }

  uint16(): number {
    const at = this.#take(2);
    const { bytes } = this;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  uint32(): number {
    const at = this.#take(4);
    const { bytes } = this;
    return (
      (((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number)) >>>
      0
    );
  }

  /** Moves past `count` bytes that must be there; says where they start. */
  #take(count: number): number {
    const at = this.position;
    if (count > this.end - at) throw this.truncated();
    this.position = at + count;
    return at;
  }

  #float64(): number {
    const at = this.#take(8);
    if (this.#view !== undefined) return this.#view.getFloat64(at);
    const { bytes } = this;
    if (++this.#floats > FLOATS_WITHOUT_VIEW) {
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    scratch.setInt32(
      0,
      ((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number),
    );
    scratch.setInt32(
      4,
      ((bytes[at + 4] as number) << 24) |
        ((bytes[at + 5] as number) << 16) |
        ((bytes[at + 6] as number) << 8) |
        (bytes[at + 7] as number),
    );
    return scratch.getFloat64(0);
  }

  #bigint(signed: boolean): bigint | number {
    scratch.setUint32(0, this.uint32());
    scratch.setUint32(4, this.uint32());
    const value = signed ? scratch.getBigInt64(0) : scratch.getBigUint64(0);
    // The server's own numbers (a counter, a size) are numbers where that loses nothing.
    if (this.inReply && Number.isSafeInteger(Number(value))) return Number(value);
    return value;
  }

  #text(length: number): string {
    const at = this.#take(length);
    return readText(this.bytes, at, at + length);
  }

  #bin(length: number): Uint8Array {
    const at = this.#take(length);
    const own = new Uint8Array(length);
    own.set(this.bytes.subarray(at, at + length));
    return own;
  }

  #array(length: number, depth: number): unknown[] {
    this.open(depth);
    // Every element takes a byte at least.
    if (length > this.end - this.position) throw this.truncated();
    const array: unknown[] = length <= PREALLOCATED_MAX ? new Array(length) : [];
    for (let i = 0; i < length; i++) {
      if (this.#view !== undefined) i = this.#floatsInto(array, i, length, this.#view);
      if (i < length) array[i] = this.value(depth);
    }
    return array;
  }

  /** Floats in a row, which need no box each this way; returns the index of what follows them. */
  #floatsInto(array: unknown[], from: number, length: number, view: DataView): number {
    const { bytes } = this;
    const last = this.end - 9;
    let at = this.position;
    let i = from;
    while (i < length && at <= last && bytes[at] === 0xcb) {
      array[i++] = view.getFloat64(at + 1);
      at += 9;
    }
    this.position = at;
    return i;
  }

  #map(length: number, depth: number): unknown {
    this.open(depth);
    if (length * 2 > this.end - this.position) throw this.truncated();
    const object: Record<string, unknown> = {};
    const { bytes } = this;
    for (let i = 0; i < length; i++) {
      const at = this.position;
      if (at >= this.end) throw this.truncated();
      const token = bytes[at] as number;
      const size = token & 0x1f;
      if (token > 0xa0 && token < 0xc0 && size < this.end - at) {
        const key = this.#keys.get(bytes, at + 1, size);
        if (key !== undefined) {
          this.position = at + 1 + size;
          object[key] = this.value(depth);
          continue;
        }
      }
      const key = this.value(depth);
      if (typeof key !== 'string') return this.#mapFrom(object, key, length - i, depth);
      assign(object, key, this.value(depth));
    }
    return object;
  }

  /** The rest of a map that has a key which is no string: nothing but a Map holds that. */
  #mapFrom(object: object, key: unknown, left: number, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>(Object.entries(object));
    map.set(key, this.value(depth));
    for (let i = 1; i < left; i++) map.set(this.value(depth), this.value(depth));
    return map;
  }

  /** Called by whatever opens a container. */
  open(depth: number): void {
    if (depth > DEPTH_MAX) {
      throw new ValueError('TOO_DEEP', `These bytes nest deeper than ${DEPTH_MAX} levels.`);
    }
  }

  truncated(): ValueError {
    return this.malformed('the end in the middle of it');
  }

  malformed(what: string): ValueError {
    return new ValueError('MALFORMED', `Not a value: ${what}, at byte ${this.position}.`);
  }
}

/** Makes an own property of any name, even of one whose assignment would do something else. */
function assign(object: object, key: string, value: unknown): void {
  if (key in Object.prototype) {
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    (object as Record<string, unknown>)[key] = value;
  }
}
