/** Typed arrays (`EXT_TYPED_ARRAY`): element kinds, their classes, their byte order. */

import { ELEMENT_BYTES } from './format.ts';

type ElementArray = ArrayBufferView<ArrayBuffer>;
type ElementArrayClass = {
  new (buffer: ArrayBuffer): ElementArray;
  readonly prototype: object;
};

/** Newer than the oldest host we run on (Node 24 has it). */
const Float16: ElementArrayClass | undefined = (
  globalThis as unknown as { Float16Array?: ElementArrayClass }
).Float16Array;

/** By element kind; a hole where the format has no such kind, or this host no such class. */
const CLASSES: readonly (ElementArrayClass | undefined)[] = [
  undefined,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  Float16,
];

/** By the name that `%TypedArray%.prototype[Symbol.toStringTag]` gives, in every realm. */
const KINDS: ReadonlyMap<string, number> = new Map([
  ['Int8Array', 1],
  ['Uint8ClampedArray', 2],
  ['Int16Array', 3],
  ['Uint16Array', 4],
  ['Int32Array', 5],
  ['Uint32Array', 6],
  ['Float32Array', 7],
  ['Float64Array', 8],
  ['BigInt64Array', 9],
  ['BigUint64Array', 10],
  ['Float16Array', 11],
]);

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The element kind of a typed array's name; `undefined` for one the format does not have. */
export function elementKind(name: string): number | undefined {
  return KINDS.get(name);
}

/** Copies a typed array's elements to `target[at...]`, little-endian. */
export function writeElements(
  target: Uint8Array,
  at: number,
  view: ArrayBufferView,
  elementBytes: number,
): void {
  target.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), at);
  if (!IS_LITTLE_ENDIAN) reverseElements(target, at, at + view.byteLength, elementBytes);
}

/** A new typed array of the elements in `bytes[start, end)`; `undefined` without such a class. */
export function readElements(
  kind: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): ElementArray | undefined {
  const Elements = CLASSES[kind];
  if (Elements === undefined) return undefined;
  const own = new Uint8Array(end - start);
  own.set(bytes.subarray(start, end));
  if (!IS_LITTLE_ENDIAN) reverseElements(own, 0, own.length, ELEMENT_BYTES[kind] as number);
  return new Elements(own.buffer);
}

function reverseElements(bytes: Uint8Array, start: number, end: number, size: number): void {
  for (let at = start; at < end; at += size) bytes.subarray(at, at + size).reverse();
}

/** One element as JavaScript writes it, by element kind; `at` is where it begins. */
const ELEMENT_TEXTS: readonly ((view: DataView, at: number) => string)[] = [
  () => '',
  (view, at) => String(view.getInt8(at)),
  (view, at) => String(view.getUint8(at)),
  (view, at) => String(view.getInt16(at, true)),
  (view, at) => String(view.getUint16(at, true)),
  (view, at) => String(view.getInt32(at, true)),
  (view, at) => String(view.getUint32(at, true)),
  (view, at) => String(view.getFloat32(at, true)),
  (view, at) => String(view.getFloat64(at, true)),
  (view, at) => String(view.getBigInt64(at, true)),
  (view, at) => String(view.getBigUint64(at, true)),
  (view, at) => String(float16(view.getUint16(at, true))),
];

/** The text of the element at `at`, without an array of its class, which this host may not have. */
export function elementText(kind: number, view: DataView, at: number): string {
  return (ELEMENT_TEXTS[kind] as (view: DataView, at: number) => string)(view, at);
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function float16(bits: number): number {
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits >>> 15 === 0 ? 1 : -1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 0x400) * 2 ** (exponent - 15);
}
