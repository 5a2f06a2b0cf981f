import {
  ArgumentForm,
  ByteWriter,
  Encoding,
  type RequestBatch,
  writeValueText,
} from '@kv/protocol';
import type { Keyspace } from './ports.ts';
import { NOT_TEXT, numberText } from './stored-number.ts';

/**
 * Whether a record's value is equal to an argument. For a RESP client it is what GET shows it
 * that is compared; for a native one the value with its type, numbers by what they are worth.
 */
export function holdsSame(
  db: Keyspace,
  ref: number,
  request: RequestBatch,
  argument: number,
): boolean {
  const form = request.form[argument] as number;
  const given = request.range(argument);
  const held = db.valueView(ref);
  const encoding = db.encodingOf(ref);
  if (form === ArgumentForm.RAW)
    return sameBytes(encoding === Encoding.VALUE ? shownText(held) : held, given);
  if (form >= ArgumentForm.VALUE) return encoding === Encoding.VALUE && sameTyped(held, given);
  // Raw bytes may be either text or bytes.
  return (encoding === form || encoding === Encoding.RAW) && sameBytes(held, given);
}

/** The text that a RESP client sees of a typed value. */
function shownText(value: Uint8Array): Uint8Array {
  const text = new ByteWriter(Math.max(value.length, 64));
  writeValueText(value, text, Number.MAX_SAFE_INTEGER);
  return text.bytes.subarray(0, text.position);
}

function sameTyped(held: Uint8Array, given: Uint8Array): boolean {
  if (sameBytes(held, given)) return true;
  const a = numberText(held);
  const b = numberText(given);
  return a !== NOT_TEXT && b !== NOT_TEXT && sameBytes(a, b);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
