// How a record lies in memory. All of it is counted in granules of 8 bytes; a ref is
// the number of a granule, as a signed 32-bit integer, and 0 is no record.
//
//   word 0   bits 0-20 key length, 21 deadline, 22 dead, 23 ghost, 24 large,
//            25-27 type, 28-29 encoding, 30-31 frequency
//   word 1   value length in bytes
//   [f64     deadline in Unix milliseconds, if there is one]
//   key      padded with zeros to 8 bytes
//   value    padded to 8 bytes
//
// A large record has one granule, the number of its own buffer, in place of the two.

/** Granules of a region, which is one ArrayBuffer of 256 MiB. */
export const REGION_BITS = 25;
/** Granules of a segment, the unit of allocation: 1 MiB. */
export const SEGMENT_BITS = 17;
export const SEGMENT_GRANULES = 1 << SEGMENT_BITS;
const REGION_GRANULES = 1 << REGION_BITS;
export const REGION_MASK = REGION_GRANULES - 1;
export const SEGMENTS_PER_REGION = 1 << (REGION_BITS - SEGMENT_BITS);
/** Granules that 32 bits count: 32 GiB. */
export const SEGMENTS_MAX = 1 << (32 - SEGMENT_BITS);

export const KEY_LENGTH_MASK = 0x1fffff;
export const DEADLINE = 1 << 21;
/** No longer in the index. */
export const DEAD = 1 << 22;
/**
 * A frozen view sees it the other way round: it has a dead record to read yet, and a live one no longer,
 * because it was given a copy.
 */
export const GHOST = 1 << 23;
/** Key and value are in a buffer of their own. */
export const LARGE = 1 << 24;
export const TYPE_SHIFT = 25;
export const TYPE_MASK = 7;
/** Refers to something that lies beside the segments: a buffer or a structure. */
export const BESIDE = LARGE | (TYPE_MASK << TYPE_SHIFT);
export const ENCODING_SHIFT = 28;
export const ENCODING_MASK = 3;
/** How often a record was read lately, 0 to 3; the two highest bits. */
export const FREQUENCY_SHIFT = 30;
export const FREQUENCY_ONE = 1 << FREQUENCY_SHIFT;
export const FREQUENCY_MASK = 3 << FREQUENCY_SHIFT;

/** Key and value together above this get a buffer of their own: a quarter of a segment. */
export const INLINE_BYTES_MAX = 256 * 1024;
/** The longest key: as in the protocol, and it fits its 21 bits. */
export const KEY_BYTES_MAX = 1024 * 1024;
/** The longest value. */
export const VALUE_BYTES_MAX = 512 * 1024 * 1024;

/** What may be read, not used, behind the end of a key or value: copies go by 8 bytes. */
export const SLACK_BYTES = 8;

/**
 * How much of a record is brought into the processor's cache before it is read, and what may be
 * touched from the beginning of any record on: that of a key of up to 24 bytes and a value of 64.
 */
export const TOUCHED_BYTES = 96;
