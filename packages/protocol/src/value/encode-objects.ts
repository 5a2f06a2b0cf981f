/**
 * The encoder's other half: objects that are neither arrays nor ordinary plain
 * objects, told apart by their prototypes.
 *
 * A class is recognised exactly, never by `instanceof`: a subclass would come
 * back as its base, which is a silent loss. Objects of another realm (an iframe,
 * a `vm` context, Jest) have other prototypes for the same classes; those are
 * recognised by what the engine says they are and by the length of their
 * prototype chain, which a subclass makes longer.
 */

import { VALUE_BYTES_MAX } from '../limits.ts';
import type { Encoder } from './encode.ts';
import type { ValueExtension } from './extensions.ts';
import {
  ELEMENT_BYTES,
  EXT_INVALID_DATE,
  EXT_MAP,
  EXT_SET,
  EXT_TIMESTAMP,
  EXT_TYPED_ARRAY,
} from './format.ts';
import { passing, quoted, tooLarge, unsupported } from './refusal.ts';
import { timestampBytes, writeTimestamp } from './timestamp.ts';
import { elementKind, writeElements } from './typed-arrays.ts';

const { getPrototypeOf, hasOwn } = Object;

function getterOf(prototype: object, key: PropertyKey): (this: unknown) => unknown {
  return Object.getOwnPropertyDescriptor(prototype, key)?.get as () => unknown;
}

const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as object;
const BufferPrototype: object | undefined =
  typeof Buffer === 'undefined' ? undefined : Buffer.prototype;

/** The engine's own word for what an object is; these throw or say `undefined` for all others. */
const typedArrayName = getterOf(TypedArrayPrototype, Symbol.toStringTag);
const mapSize = getterOf(Map.prototype, 'size');
const setSize = getterOf(Set.prototype, 'size');
const { getTime } = Date.prototype;
const { entries } = Map.prototype;
const { values } = Set.prototype;

/** Prototype chains: Date.prototype, Object.prototype; and one more for typed arrays, arrays not. */
const CLASS_CHAIN = 2;
const TYPED_ARRAY_CHAIN = 3;

/** Writes an object whose prototype is neither Object.prototype nor Array.prototype of our realm. */
export function encodeObject(
  encoder: Encoder,
  value: object,
  prototype: object | null,
  at: number,
  depth: number,
): number {
  if (prototype === null) return encoder.plain(value, at, depth + 1, false);
  if (ArrayBuffer.isView(value)) {
    const name = typedArrayName.call(value);
    if (typeof name === 'string' && isTypedArrayItself(prototype)) {
      return typedArray(encoder, value, name, at);
    }
  } else if (
    prototype === Date.prototype ||
    prototype === Map.prototype ||
    prototype === Set.prototype
  ) {
    const end = builtIn(encoder, value, at, depth);
    if (end !== undefined) return end;
  }
  const extension = encoder.extensions.byPrototype.get(prototype);
  if (extension !== undefined) return application(encoder, value, extension, at, depth + 1);
  return foreign(encoder, value, prototype, at, depth);
}

/** Objects of another realm, and the end of all that is left. */
function foreign(
  encoder: Encoder,
  value: object,
  prototype: object,
  at: number,
  depth: number,
): number {
  const chain = chainLength(prototype);
  // Every Object.prototype has this method of its own; the root of a class that extends null has not.
  if (chain === 1 && hasOwn(prototype, 'isPrototypeOf')) {
    return encoder.plain(value, at, depth + 1, true);
  }
  if (chain === CLASS_CHAIN) {
    if (Array.isArray(value) && Array.isArray(prototype)) {
      return encoder.array(value, at, depth + 1);
    }
    const end = builtIn(encoder, value, at, depth);
    if (end !== undefined) return end;
  }
  throw unsupported(value);
}

/** A Date, a Map or a Set of any realm; `undefined` for anything else. */
function builtIn(encoder: Encoder, value: object, at: number, depth: number): number | undefined {
  const ms = tryCall(getTime, value);
  if (ms !== undefined) return date(encoder, ms as number, at);
  if (tryCall(mapSize, value) !== undefined) {
    return map(encoder, value as Map<unknown, unknown>, at, depth + 1);
  }
  if (tryCall(setSize, value) !== undefined) {
    return set(encoder, value as Set<unknown>, at, depth + 1);
  }
  return undefined;
}

function tryCall(method: (this: never) => unknown, value: object): unknown {
  try {
    return method.call(value as never);
  } catch {
    return undefined;
  }
}

function chainLength(prototype: object): number {
  let length = 0;
  for (let link: object | null = prototype; link !== null; link = getPrototypeOf(link)) length++;
  return length;
}

function isTypedArrayItself(prototype: object): boolean {
  return prototype === BufferPrototype || chainLength(prototype) === TYPED_ARRAY_CHAIN;
}

function typedArray(encoder: Encoder, view: ArrayBufferView, name: string, at: number): number {
  const { byteLength } = view;
  if (byteLength > VALUE_BYTES_MAX) throw tooLarge();
  if (name === 'Uint8Array') return bin(encoder, view as Uint8Array, byteLength, at);
  const kind = elementKind(name);
  if (kind === undefined) throw unsupported(view);
  encoder.room(at, byteLength + 7);
  const body = extensionHeader(encoder, EXT_TYPED_ARRAY, byteLength + 1, at);
  encoder.bytes[body] = kind;
  writeElements(encoder.bytes, body + 1, view, ELEMENT_BYTES[kind] as number);
  return body + 1 + byteLength;
}

function bin(encoder: Encoder, value: Uint8Array, length: number, at: number): number {
  encoder.room(at, 5 + length);
  const { bytes, view } = encoder;
  let p: number;
  if (length < 0x100) {
    bytes[at] = 0xc4;
    bytes[at + 1] = length;
    p = at + 2;
  } else if (length < 0x10000) {
    bytes[at] = 0xc5;
    view.setUint16(at + 1, length, false);
    p = at + 3;
  } else {
    bytes[at] = 0xc6;
    view.setUint32(at + 1, length, false);
    p = at + 5;
  }
  bytes.set(value, p);
  return p + length;
}

function date(encoder: Encoder, ms: number, at: number): number {
  if (Number.isNaN(ms)) return encoder.emptyExtension(EXT_INVALID_DATE, at);
  const size = timestampBytes(ms);
  encoder.room(at, size + 3);
  const body = extensionHeader(encoder, EXT_TIMESTAMP, size, at);
  writeTimestamp(encoder.view, body, size, ms);
  return body + size;
}

function map(encoder: Encoder, value: Map<unknown, unknown>, at: number, depth: number): number {
  encoder.watch(value, depth);
  let p = at + GUESSED_HEADER_BYTES;
  let index = 0;
  let inKey = true;
  let current: unknown;
  try {
    for (const [key, item] of entries.call(value)) {
      current = key;
      inKey = true;
      p = encoder.value(key, p, depth);
      inKey = false;
      p = encoder.value(item, p, depth);
      index++;
    }
  } catch (thrown) {
    throw passing(thrown, value, inKey ? `.key(${index})` : valueStep(current, index));
  }
  return closeExtension(encoder, EXT_MAP, at, p);
}

/** `.get("key")` says more than a position, where the key can be said. */
function valueStep(key: unknown, index: number): string {
  if (typeof key === 'number') return `.get(${key})`;
  return typeof key === 'string' ? `.get(${quoted(key)})` : `.value(${index})`;
}

function set(encoder: Encoder, value: Set<unknown>, at: number, depth: number): number {
  encoder.watch(value, depth);
  let p = at + GUESSED_HEADER_BYTES;
  let index = 0;
  try {
    for (const item of values.call(value)) {
      p = encoder.value(item, p, depth);
      index++;
    }
  } catch (thrown) {
    throw passing(thrown, value, `.item(${index})`);
  }
  return closeExtension(encoder, EXT_SET, at, p);
}

function application(
  encoder: Encoder,
  value: object,
  extension: ValueExtension,
  at: number,
  depth: number,
): number {
  encoder.watch(value, depth);
  const body = extension.encode(value);
  let end: number;
  try {
    end = encoder.value(body, at + GUESSED_HEADER_BYTES, depth);
  } catch (thrown) {
    throw passing(thrown, value, '.encode()');
  }
  return closeExtension(encoder, extension.type, at, end);
}

/** The length of a container's body is known at its end; most take `ext 8`. */
const GUESSED_HEADER_BYTES = 3;

/** Writes the header of the extension whose body lies behind `at` + the guess; returns its end. */
function closeExtension(encoder: Encoder, type: number, at: number, end: number): number {
  const body = at + GUESSED_HEADER_BYTES;
  const length = end - body;
  const moved = encoder.shift(body, end, extensionHeaderBytes(length) - GUESSED_HEADER_BYTES);
  extensionHeader(encoder, type, length, at);
  return moved;
}

function extensionHeaderBytes(length: number): number {
  if (length === 1 || length === 2 || length === 4 || length === 8 || length === 16) return 2;
  if (length < 0x100) return 3;
  return length < 0x10000 ? 4 : 6;
}

/** Writes the shortest header where there is room for it; returns where the body starts. */
function extensionHeader(encoder: Encoder, type: number, length: number, at: number): number {
  const { bytes, view } = encoder;
  const body = at + extensionHeaderBytes(length);
  if (body === at + 2) bytes[at] = 0xd4 + Math.log2(length);
  else if (body === at + 3) {
    bytes[at] = 0xc7;
    bytes[at + 1] = length;
  } else if (body === at + 4) {
    bytes[at] = 0xc8;
    view.setUint16(at + 1, length, false);
  } else {
    bytes[at] = 0xc9;
    view.setUint32(at + 1, length, false);
  }
  bytes[body - 1] = type;
  return body;
}
