import { type ErrorReply, Errors, errorReply, type RequestBatch } from '@kv/protocol';
import { unsignedAt, writeBits } from '../bits.ts';
import type { Handler } from '../handler.ts';
import { NOT_TEXT } from '../stored-number.ts';
import { bytesOf, encodingOfBytes, fitsValue, writeBytes } from '../text-value.ts';

const BAD_OFFSET = errorReply('bit offset is not an integer or out of range');
const BAD_TYPE = errorReply(
  'Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.',
);
const BAD_OVERFLOW = errorReply('Invalid OVERFLOW type specified');
const READS_ONLY = errorReply('BITFIELD_RO only supports the GET subcommand');

type Overflow = 'WRAP' | 'SAT' | 'FAIL';

/** One integer that is read or written. */
interface FieldOperation {
  readonly name: 'GET' | 'SET' | 'INCRBY';
  readonly signed: boolean;
  readonly width: number;
  /** The index of its first bit. */
  readonly index: number;
  /** What is set or added. */
  readonly operand: bigint;
  readonly overflow: Overflow;
}

const TYPE = /^([iu])([1-9]\d?)$/;
const OFFSET = /^(#?)(0|[1-9]\d{0,18})$/;

/** Takes a request apart, or says why it can't be. */
function parse(request: RequestBatch): FieldOperation[] | ErrorReply {
  const end = request.at + request.size;
  const operations: FieldOperation[] = [];
  let overflow: Overflow = 'WRAP';
  let at = request.at + 1;
  while (at < end) {
    const name = request.text(at).toUpperCase();
    const left = end - at - 1;
    if (name === 'OVERFLOW' && left >= 1) {
      const how = request.text(at + 1).toUpperCase();
      if (how !== 'WRAP' && how !== 'SAT' && how !== 'FAIL') return BAD_OVERFLOW;
      overflow = how;
      at += 2;
      continue;
    }
    const operands = name === 'GET' ? 2 : 3;
    if ((name !== 'GET' && name !== 'SET' && name !== 'INCRBY') || left < operands)
      return Errors.syntax;
    const field = fieldOf(request, at + 1);
    if ('code' in field) return field;
    const operand = name === 'GET' ? 0 : request.integer(at + 3);
    if (operand === undefined) return Errors.notInteger;
    operations.push({ ...field, name, operand: BigInt(operand), overflow });
    at += 1 + operands;
  }
  return operations;
}

/** A type and an offset. */
function fieldOf(
  request: RequestBatch,
  at: number,
): Pick<FieldOperation, 'signed' | 'width' | 'index'> | ErrorReply {
  const [, sign, bits] = TYPE.exec(request.text(at)) ?? [];
  const signed = sign === 'i';
  const width = Number(bits);
  if (sign === undefined || width > (signed ? 64 : 63)) return BAD_TYPE;
  const [, hash, offset] = OFFSET.exec(request.text(at + 1)) ?? [];
  const index = Number(offset) * (hash === '#' ? width : 1);
  if (offset === undefined || !fitsValue(Math.floor(index / 8) + 1)) return BAD_OFFSET;
  return { signed, width, index };
}

const valueAt = (bytes: Uint8Array, { signed, width, index }: FieldOperation): bigint => {
  const value = unsignedAt(bytes, index, width);
  return signed ? BigInt.asIntN(width, value) : value;
};

/** A number as it is stored in a field, or `undefined` where that is refused. */
function fitted(number: bigint, { signed, width, overflow }: FieldOperation): bigint | undefined {
  const greatest = (1n << BigInt(signed ? width - 1 : width)) - 1n;
  const least = signed ? -greatest - 1n : 0n;
  if (number >= least && number <= greatest) return number;
  if (overflow === 'FAIL') return undefined;
  if (overflow === 'SAT') return number > greatest ? greatest : least;
  return signed ? BigInt.asIntN(width, number) : BigInt.asUintN(width, number);
}

/** What an operation is answered with, `undefined` being nil, and whether it has changed a bit. */
interface Outcome {
  readonly answer: bigint | undefined;
  readonly changed: boolean;
}

/** Does one operation on the bytes. */
function apply(bytes: Uint8Array, operation: FieldOperation): Outcome {
  const old = valueAt(bytes, operation);
  const { name, signed, operand, index, width } = operation;
  if (name === 'GET') return { answer: old, changed: false };
  // What is set is 64 bits, and as unsigned a negative number is a large one.
  const set = signed ? operand : BigInt.asUintN(64, operand);
  const value = fitted(name === 'SET' ? set : old + operand, operation);
  if (value === undefined) return { answer: undefined, changed: false };
  writeBits(bytes, index, width, value);
  return { answer: name === 'SET' ? old : value, changed: value !== old };
}

const handler =
  (readsOnly: boolean): Handler =>
  (request, { keyspace: db }, out) => {
    const operations = parse(request);
    if ('code' in operations) return out.error(operations);
    const writes = operations.filter(({ name }) => name !== 'GET');
    if (readsOnly && writes.length > 0) return out.error(READS_ONLY);
    const key = request.at;
    const ref = db.find(request, key);
    const old = bytesOf(db, ref);
    if (old === NOT_TEXT) return out.error(Errors.wrongType);
    const ends = writes.map(({ index, width }) => Math.ceil((index + width) / 8));
    const length = Math.max(old.length, ...ends);
    if (!fitsValue(length)) return out.error(BAD_OFFSET);
    let bytes = old;
    if (writes.length > 0) {
      bytes = new Uint8Array(length);
      bytes.set(old);
    }
    let changed = false;
    out.array(operations.length);
    for (const operation of operations) {
      const { answer, changed: hasChanged } = apply(bytes, operation);
      changed ||= hasChanged;
      if (answer === undefined) out.absent();
      else out.integer(Number.isSafeInteger(Number(answer)) ? Number(answer) : answer);
    }
    if (changed || bytes.length > old.length)
      writeBytes(request, db, key, ref, bytes, encodingOfBytes(request));
  };

export const bitfield = handler(false);
export const bitfieldRo = handler(true);
