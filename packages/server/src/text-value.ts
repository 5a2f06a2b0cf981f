import {
  ArgumentForm,
  Encoding,
  encodingOfForm,
  errorReply,
  isUtf8,
  type RequestBatch,
  VALUE_BYTES_MAX,
} from '@kv/protocol';
import type { Keyspace } from './ports.ts';
import { type NOT_TEXT, numberText, storedText } from './stored-number.ts';

const NO_BYTES = new Uint8Array(0);

/** What a value that would become too long is refused with. */
export const STRING_TOO_LONG = errorReply(
  'string exceeds maximum allowed size (proto-max-bulk-len)',
);

/** Whether a value may be so long. */
export const fitsValue = (bytes: number): boolean => bytes <= VALUE_BYTES_MAX;

/** The encoding that an argument gets as a value; a string that is not UTF-8 is raw bytes. */
export function encodingOf(request: RequestBatch, argument: number): Encoding {
  const form = request.form[argument] as number;
  if (form !== ArgumentForm.TEXT) return encodingOfForm(form);
  const { offset, length, view } = request;
  return isUtf8(view, offset[argument] as number, length[argument] as number)
    ? Encoding.TEXT
    : Encoding.RAW;
}

/** Writes an argument under a key; `deadline` 0 is none. */
export function writeArgument(
  request: RequestBatch,
  db: Keyspace,
  key: number,
  value: number,
  deadline: number,
): void {
  const from = request.offset[value] as number;
  const length = request.length[value] as number;
  db.set(request, key, request.bytes, from, length, encodingOf(request, value), deadline);
}

/** The encoding of bytes that a command makes: raw for a RESP client, bytes for a native one. */
export function encodingOfBytes(request: RequestBatch, key = request.at): Encoding {
  return request.form[key] === ArgumentForm.RAW ? Encoding.RAW : Encoding.BYTES;
}

/** An argument as bytes, a number as its digits. */
export function argumentBytes(
  request: RequestBatch,
  argument: number,
): Uint8Array | typeof NOT_TEXT {
  const bytes = request.range(argument);
  return request.isText(argument) ? bytes : numberText(bytes);
}

/** The bytes of a record, none of record 0. */
export function bytesOf(db: Keyspace, ref: number): Uint8Array | typeof NOT_TEXT {
  return ref === 0 ? NO_BYTES : storedText(db, ref);
}

/**
 * Writes bytes that were made of the record `ref`: its deadline stays, and its encoding,
 * but text that is none any more is raw, and so is a number that was changed byte by
 * byte. `encoding` is that of a new key, for a `ref` of 0.
 */
export function writeBytes(
  request: RequestBatch,
  db: Keyspace,
  key: number,
  ref: number,
  bytes: Uint8Array,
  encoding: Encoding,
): void {
  let kept: number = ref === 0 ? encoding : db.encodingOf(ref);
  if (kept === Encoding.VALUE) kept = Encoding.RAW;
  if (kept === Encoding.TEXT) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!isUtf8(view, 0, bytes.length)) kept = Encoding.RAW;
  }
  const deadline = ref === 0 ? 0 : db.deadlineOf(ref);
  db.set(request, key, bytes, 0, bytes.length, kept, deadline);
}
