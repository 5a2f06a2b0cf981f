/**
 * Extension types of the value format (FORMAT.md, "Values"), and the few other
 * numbers that encoder, decoder and walker share.
 */

/** MessagePack's own timestamp. */
export const EXT_TIMESTAMP = -1;
/** A stored value inside a request or a reply. Belongs to the wire, never inside a value. */
export const EXT_VALUE = 1;
/** An error inside an array of a reply. Belongs to the wire, never inside a value. */
export const EXT_ERROR = 2;
export const EXT_UNDEFINED = 3;
/** Body: key, value, key, value... until its end. */
export const EXT_MAP = 4;
/** Body: values until its end. */
export const EXT_SET = 5;
/** Body: one byte for the element kind, then the elements, little-endian. */
export const EXT_TYPED_ARRAY = 6;
export const EXT_INVALID_DATE = 7;
/** Types from here to 127 are the application's; 8 to 31 are kept for later versions. */
export const EXT_APPLICATION_MIN = 32;
export const EXT_APPLICATION_MAX = 127;

/** Bytes an element, indexed by the element kind of `EXT_TYPED_ARRAY`; kind 0 does not exist. */
export const ELEMENT_BYTES: readonly number[] = [0, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 2];

/** The largest distance of a Date from 1970, in ms (ECMA-262, "time range"). */
export const DATE_MS_MAX: number = 8.64e15;
