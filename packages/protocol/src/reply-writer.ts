import type { ErrorReply } from './errors.ts';

/** Where a reply takes a stored value from, without a view or an object. */
export interface ValueSource {
  /** The length of the value of a record, in bytes. */
  valueLength(ref: number): number;
  /** The same if the value is bytes that can be copied as they are, and not many; else -1. */
  plainLength(ref: number): number;
  /** One of `Encoding`. */
  encodingOf(ref: number): number;
  /**
   * Copies the whole value to `target` at `offset`, where there is room for it; `view` is
   * over the same memory. Up to 7 bytes behind it may be overwritten, if there are any.
   */
  copyValue(ref: number, target: Uint8Array, view: DataView, offset: number): void;
  /** The bytes of the value if nobody will ever change them, though it may be overwritten or deleted. */
  stableValue(ref: number): Uint8Array | undefined;
}

/**
 * What a handler says, whatever the protocol of the connection. One reply is one
 * call, or an `array` or `map` header followed by its elements.
 */
export interface ReplyWriter {
  /** The version of the protocol that is written: 1 natively, 2 or 3 in RESP. */
  version: number;
  /** Error replies written so far, those inside arrays too. */
  readonly errors: number;
  /** A write's outcome: how many were written, 0 for a refusal. RESP says OK or nil. */
  written(count: number): void;
  /** `OK`, and other short texts that RESP sends as simple strings. */
  status(text: string): void;
  integer(value: number | bigint): void;
  double(value: number): void;
  boolean(value: boolean): void;
  text(text: string): void;
  /** Bytes that are text if they are UTF-8: keys, and messages sent back. */
  bytes(bytes: Uint8Array): void;
  /** A missing key. */
  absent(): void;
  /** Nothing in the place of an array. */
  absentArray(): void;
  /** A stored value. */
  value(source: ValueSource, ref: number): void;
  /** Text for people, of several lines. */
  verbatim(text: string): void;
  array(elements: number): void;
  /** A header; elements without an order follow. */
  set(elements: number): void;
  /** The header of something that answers no request. */
  push(elements: number): void;
  /** A header; `pairs` keys and values follow in turn. */
  map(pairs: number): void;
  error(reply: ErrorReply): void;
  /** A writer of the same kind, for elements that are put into a reply later. */
  aside(): AsideWriter;
  /** Puts elements into the reply that were written aside; nobody may change the bytes any more. */
  put(elements: Uint8Array): void;
}

/** Writes elements of an array before the array: how many they will be is not known yet. */
interface AsideWriter extends ReplyWriter {
  /** How much has been written and not been taken. */
  readonly pendingBytes: number;
  /** Takes what has been written. */
  take(): Uint8Array;
}
