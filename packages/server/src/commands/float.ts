import {
  ArgumentForm,
  Encoding,
  Errors,
  errorReply,
  type ReplyWriter,
  type RequestBatch,
} from '@kv/protocol';
import type { Handler } from '../handler.ts';
import { addLongDoubles, INFINITE, longDoubleText, parseLongDouble } from '../long-double.ts';
import type { Keyspace } from '../ports.ts';
import type { Session } from '../session.ts';
import { NOT_TEXT, numberValue } from '../stored-number.ts';
import { argumentBytes, bytesOf } from '../text-value.ts';

export const NOT_FLOAT = errorReply('value is not a valid float');
const NOT_FINITE = errorReply('increment would produce NaN or Infinity');

const decoder = new TextDecoder('latin1');
const encoder = new TextEncoder();

/** The number that bytes are the text of; `undefined` if they are none. */
export function longDoubleOf(bytes: Uint8Array): ReturnType<typeof parseLongDouble> {
  return parseLongDouble(decoder.decode(bytes));
}

export const incrbyfloat: Handler = (request, session, out) => {
  const { keyspace: db } = session;
  const key = request.at;
  const ref = db.find(request, key);
  const held = bytesOf(db, ref);
  const given = argumentBytes(request, key + 1);
  if (held === NOT_TEXT || given === NOT_TEXT) return out.error(Errors.wrongType);
  const old = ref === 0 ? parseLongDouble('0') : longDoubleOf(held);
  const added = longDoubleOf(given);
  if (old === undefined || added === undefined) return out.error(NOT_FLOAT);
  const sum = old === INFINITE || added === INFINITE ? undefined : addLongDoubles(old, added);
  if (sum === undefined) return out.error(NOT_FINITE);
  const text = longDoubleText(sum);
  writeNumber(request, db, ref, text, ref === 0 ? 0 : db.deadlineOf(ref));
  answerNumber(session, out, text);
};

/** Writes a decimal number in place of the record `ref`, in its encoding; 0 makes a new key. */
export function writeNumber(
  request: RequestBatch,
  db: Keyspace,
  ref: number,
  text: string,
  deadline: number,
): void {
  const key = request.at;
  const native = request.form[key] !== ArgumentForm.RAW;
  const encoding = ref !== 0 ? db.encodingOf(ref) : native ? Encoding.VALUE : Encoding.RAW;
  const bytes = encoding === Encoding.VALUE ? numberValue(Number(text)) : encoder.encode(text);
  db.set(request, key, bytes, 0, bytes.length, encoding, deadline);
}

/** A native client gets a number, a RESP client its text, as from Redis. */
export function answerNumber({ protocol }: Session, out: ReplyWriter, text: string): void {
  if (protocol === 1) out.double(Number(text));
  else out.text(text);
}
