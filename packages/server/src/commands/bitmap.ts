import { Errors, errorReply, optionSlots } from '@kv/protocol';
import { bitAt, countBits, findBit, setBitAt } from '../bits.ts';
import type { Handler, Handlers } from '../handler.ts';
import { NOT_TEXT } from '../stored-number.ts';
import { bytesOf, encodingOfBytes, writeBytes } from '../text-value.ts';
import { bitfield, bitfieldRo } from './bitfield.ts';
import { rangeWithin } from './range.ts';

const CountOption = optionSlots('BITCOUNT');
const PosOption = optionSlots('BITPOS');

const BAD_BIT_ARGUMENT = errorReply('The bit argument must be 1 or 0.');
const SEVERAL_NOT = errorReply('BITOP NOT must be called with a single source key.');

const setbit: Handler = (request, { keyspace: db }, out) => {
  const key = request.at;
  const offset = Number(request.integer(key + 1));
  const bit = Number(request.integer(key + 2));
  const ref = db.find(request, key);
  const old = bytesOf(db, ref);
  if (old === NOT_TEXT) return out.error(Errors.wrongType);
  const bytes = new Uint8Array(Math.max(old.length, Math.floor(offset / 8) + 1));
  bytes.set(old);
  const before = bitAt(bytes, offset);
  setBitAt(bytes, offset, bit);
  // A bit that is so already is no change.
  if (before !== bit || bytes.length > old.length)
    writeBytes(request, db, key, ref, bytes, encodingOfBytes(request));
  out.integer(before);
};

const getbit: Handler = (request, { keyspace: db }, out) => {
  const offset = Number(request.integer(request.at + 1));
  const bytes = bytesOf(db, db.find(request, request.at));
  if (bytes === NOT_TEXT) return out.error(Errors.wrongType);
  out.integer(bitAt(bytes, offset));
};

const bitcount: Handler = (request, { keyspace: db }, out) => {
  const { at, size, options } = request;
  // All of it, or a range and perhaps its unit.
  if (size === 2 || size > 4) return out.error(Errors.syntax);
  const bytes = bytesOf(db, db.find(request, at));
  if (bytes === NOT_TEXT) return out.error(Errors.wrongType);
  if (size === 1) return out.integer(countBits(bytes, 0, bytes.length * 8));
  const unit = options[CountOption.BIT] !== 0 ? 1 : 8;
  const length = (bytes.length * 8) / unit;
  const [start, end] = [Number(request.integer(at + 1)), Number(request.integer(at + 2))];
  const [from, to] = rangeWithin(start, end, length);
  out.integer(countBits(bytes, from * unit, to * unit));
};

const bitpos: Handler = (request, { keyspace: db }, out) => {
  const { at, size, options } = request;
  if (size > 5) return out.error(Errors.syntax);
  const bit = Number(request.integer(at + 1));
  if (bit !== 0 && bit !== 1) return out.error(BAD_BIT_ARGUMENT);
  const ref = db.find(request, at);
  if (ref === 0) return out.integer(bit === 1 ? -1 : 0);
  const bytes = bytesOf(db, ref);
  if (bytes === NOT_TEXT) return out.error(Errors.wrongType);
  const unit = options[PosOption.BIT] !== 0 ? 1 : 8;
  const length = (bytes.length * 8) / unit;
  const end = size >= 4 ? Number(request.integer(at + 3)) : length - 1;
  const start = size >= 3 ? Number(request.integer(at + 2)) : 0;
  const from = Math.max(0, start < 0 ? start + length : start);
  const to = Math.min(length - 1, Math.max(0, end < 0 ? end + length : end));
  if (from > to) return out.integer(-1);
  const found = findBit(bytes, bit, from * unit, (to + 1) * unit);
  // Behind a value are zeros, but not behind a range that was asked for.
  out.integer(found < 0 && bit === 0 && size < 4 ? bytes.length * 8 : found);
};

type Operation = (a: number, b: number) => number;
const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['AND', (a, b) => a & b],
  ['OR', (a, b) => a | b],
  ['XOR', (a, b) => a ^ b],
]);

const bitop: Handler = (request, { keyspace: db }, out) => {
  const { at, size } = request;
  const name = request.text(at).toUpperCase();
  const operation = OPERATIONS.get(name);
  if (operation === undefined && name !== 'NOT') return out.error(Errors.syntax);
  if (name === 'NOT' && size !== 3) return out.error(SEVERAL_NOT);
  const sources: Uint8Array[] = [];
  for (let key = at + 2; key < at + size; key++) {
    const bytes = bytesOf(db, db.find(request, key));
    if (bytes === NOT_TEXT) return out.error(Errors.wrongType);
    sources.push(bytes);
  }
  const length = Math.max(...sources.map((source) => source.length));
  const destination = at + 1;
  if (length === 0) db.remove(request, destination);
  else {
    const result = combined(sources, length, operation);
    const encoding = encodingOfBytes(request, destination);
    db.set(request, destination, result, 0, length, encoding, 0);
  }
  out.integer(length);
};

/** All sources, the shorter ones followed by zeros, byte by byte; the opposite of a single one by NOT. */
function combined(
  [first = new Uint8Array(0), ...others]: readonly Uint8Array[],
  length: number,
  operation: Operation | undefined,
): Uint8Array {
  const result = new Uint8Array(length);
  result.set(first);
  if (operation === undefined) for (let i = 0; i < length; i++) result[i] = ~(result[i] as number);
  else
    for (const other of others)
      for (let i = 0; i < length; i++) result[i] = operation(result[i] as number, other[i] ?? 0);
  return result;
}

/** Handlers of `protocol/src/commands/bitmap.ts`, row by row. */
export const bitmapCommands: Handlers<'bitmap'> = {
  SETBIT: setbit,
  GETBIT: getbit,
  BITCOUNT: bitcount,
  BITPOS: bitpos,
  BITOP: bitop,
  BITFIELD: bitfield,
  BITFIELD_RO: bitfieldRo,
};
