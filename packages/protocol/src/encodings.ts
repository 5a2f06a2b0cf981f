/**
 * How the bytes of a string-kind entry are to be read. The numbers are stored in
 * records, snapshots and logs: never renumber them.
 *
 * | encoding | written by | a native GET gives |
 * |---|---|---|
 * | `RAW` | any RESP write | a string if the bytes are UTF-8, else bytes |
 * | `TEXT` | a native string | a string |
 * | `BYTES` | a native `Uint8Array` | bytes |
 * | `VALUE` | a native anything else | the value (its MessagePack bytes, verbatim) |
 */
export const Encoding = { RAW: 0, TEXT: 1, BYTES: 2, VALUE: 3 } as const;
export type Encoding = (typeof Encoding)[keyof typeof Encoding];

/**
 * What an argument was on the wire. The first four are the encodings above, and
 * their range is the payload; the range of the others is the whole MessagePack
 * element, header included, so that it can be stored verbatim as a `VALUE`.
 */
export const ArgumentForm = {
  RAW: 0,
  TEXT: 1,
  BYTES: 2,
  VALUE: 3,
  NIL: 4,
  BOOLEAN: 5,
  INTEGER: 6,
  FLOAT: 7,
} as const;
export type ArgumentForm = (typeof ArgumentForm)[keyof typeof ArgumentForm];

/** The encoding under which an argument of this form is stored. */
export function encodingOfForm(form: number): Encoding {
  return Math.min(form, Encoding.VALUE) as Encoding;
}

/** What kind of thing an entry holds. Stored in records and snapshots: never renumber. */
export const EntryType = { STRING: 0 } as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

/** The names that TYPE answers and SCAN's TYPE takes, by {@link EntryType}. */
export const ENTRY_TYPE_NAMES: readonly string[] = ['string'];
