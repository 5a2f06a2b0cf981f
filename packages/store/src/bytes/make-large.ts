import type { LargeEntry } from './beside.ts';
import type { ByteRanges } from './byte-ranges.ts';
import { ByteStoreError } from './byte-store-error.ts';
import { SLACK_BYTES } from './layout.ts';
import type { Allocate } from './memory.ts';
import type { TakenKey } from './taken-key.ts';

/** Bytes that came with a value are kept for it if it is at least so much of them. */
const ADOPTED_SHARE = 0.75;

/**
 * The entry of a key and a value that are too long for a segment: a buffer of their own,
 * or the very bytes that they came in, if those may be had and are little else.
 *
 * @throws ByteStoreError `OUT_OF_MEMORY`
 */
export function makeLarge(
  allocate: Allocate,
  key: TakenKey,
  ranges: ByteRanges,
  value: Uint8Array,
  offset: number,
  length: number,
): LargeEntry {
  const { bytes, view } = ranges;
  const adopts =
    ranges.adoptable &&
    value === bytes &&
    key.bytes === bytes &&
    length >= bytes.length * ADOPTED_SHARE;
  if (adopts) {
    ranges.adoptable = false;
    return { bytes, view, key: key.offset, value: offset };
  }
  let buffer: ArrayBuffer;
  try {
    buffer = allocate(key.length + length + SLACK_BYTES);
  } catch (cause) {
    throw new ByteStoreError('OUT_OF_MEMORY', 'the system refused more memory', { cause });
  }
  const own = new Uint8Array(buffer);
  own.set(key.range);
  own.set(value.subarray(offset, offset + length), key.length);
  return { bytes: own, view: new DataView(buffer), key: 0, value: key.length };
}
