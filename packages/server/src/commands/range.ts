// Values as runs of bytes: what reads and writes parts of them.
import { Encoding, Errors, errorReply } from '@kv/protocol';
import type { Handler } from '../handler.ts';
import { NOT_TEXT, storedText } from '../stored-number.ts';
import {
  argumentBytes,
  bytesOf,
  encodingOf,
  fitsValue,
  STRING_TOO_LONG,
  writeBytes,
} from '../text-value.ts';

const BAD_OFFSET = errorReply('offset is out of range');
const NO_BYTES = new Uint8Array(0);

export const append: Handler = (request, { keyspace: db }, out) => {
  const key = request.at;
  const added = argumentBytes(request, key + 1);
  const ref = db.find(request, key);
  const old = bytesOf(db, ref);
  if (added === NOT_TEXT || old === NOT_TEXT) return out.error(Errors.wrongType);
  const length = old.length + added.length;
  if (!fitsValue(length)) return out.error(STRING_TOO_LONG);
  const bytes = new Uint8Array(length);
  bytes.set(old);
  bytes.set(added, old.length);
  writeBytes(request, db, key, ref, bytes, encodingOf(request, key + 1));
  out.integer(length);
};

export const strlen: Handler = (request, { keyspace: db }, out) => {
  const ref = db.find(request, request.at);
  if (ref === 0) return out.integer(0);
  if (db.encodingOf(ref) !== Encoding.VALUE) return out.integer(db.valueLength(ref));
  const text = storedText(db, ref);
  if (text === NOT_TEXT) out.error(Errors.wrongType);
  else out.integer(text.length);
};

/** From one index to another, both included, as Redis counts them: negative ones from the end. */
export function rangeWithin(
  start: number,
  end: number,
  length: number,
): [from: number, to: number] {
  if (start < 0 && end < 0 && start > end) return [0, 0];
  const first = Math.max(0, start < 0 ? start + length : start);
  const last = Math.min(length - 1, Math.max(0, end < 0 ? end + length : end));
  return first > last ? [0, 0] : [first, last + 1];
}

export const getrange: Handler = (request, { keyspace: db }, out) => {
  const bytes = bytesOf(db, db.find(request, request.at));
  if (bytes === NOT_TEXT) return out.error(Errors.wrongType);
  const start = Number(request.integer(request.at + 1));
  const end = Number(request.integer(request.at + 2));
  const [from, to] = rangeWithin(start, end, bytes.length);
  out.bytes(to === 0 ? NO_BYTES : bytes.subarray(from, to));
};

export const setrange: Handler = (request, { keyspace: db }, out) => {
  const key = request.at;
  const offset = request.integer(key + 1) as number | bigint;
  if (offset < 0) return out.error(BAD_OFFSET);
  const ref = db.find(request, key);
  const old = bytesOf(db, ref);
  const patch = argumentBytes(request, key + 2);
  if (old === NOT_TEXT || patch === NOT_TEXT) return out.error(Errors.wrongType);
  if (patch.length === 0) return out.integer(old.length);
  const from = Number(offset);
  if (!fitsValue(from + patch.length)) return out.error(STRING_TOO_LONG);
  const bytes = new Uint8Array(Math.max(old.length, from + patch.length));
  bytes.set(old);
  bytes.set(patch, from);
  writeBytes(request, db, key, ref, bytes, encodingOf(request, key + 2));
  out.integer(bytes.length);
};
