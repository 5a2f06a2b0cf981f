import {
  ArgumentForm,
  Encoding,
  Errors,
  encodingOfForm,
  errorReply,
  isUtf8,
  optionSlots,
  type ReplyWriter,
  type RequestBatch,
  VALUE_BYTES_MAX,
} from '@kv/protocol';
import {
  deadlineOf,
  type ExpiryUnit,
  invalidExpiry,
  MILLISECONDS,
  SECONDS,
  UNIX_MILLISECONDS,
  UNIX_SECONDS,
} from '../deadline.ts';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import type { Keyspace } from '../ports.ts';
import type { Session } from '../session.ts';
import { integerValue, NOT_TEXT, numberText, storedInteger, storedText } from '../stored-number.ts';

const SetOption = optionSlots('SET');
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const DECREMENT_OVERFLOW = errorReply('decrement would overflow');

const SET_EXPIRY: readonly (readonly [slot: number, unit: ExpiryUnit])[] = [
  [SetOption.EX, SECONDS],
  [SetOption.PX, MILLISECONDS],
  [SetOption.EXAT, UNIX_SECONDS],
  [SetOption.PXAT, UNIX_MILLISECONDS],
];

/** The encoding that an argument gets as a value; a string that is not UTF-8 is raw bytes. */
function encodingOf(request: RequestBatch, argument: number): Encoding {
  const form = request.form[argument] as number;
  if (form !== ArgumentForm.TEXT) return encodingOfForm(form);
  const { offset, length, view } = request;
  return isUtf8(view, offset[argument] as number, length[argument] as number)
    ? Encoding.TEXT
    : Encoding.RAW;
}

/** Writes an argument under a key; `deadline` 0 is none. */
function write(
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

/** Finds a key to read, and counts the hit or miss. */
function lookUp(context: ServerContext, db: Keyspace, request: RequestBatch, key: number): number {
  const ref = db.find(request, key);
  if (ref === 0) context.statistics.keyspaceMisses++;
  else context.statistics.keyspaceHits++;
  return ref;
}

/** Answers a record's value, or absence. */
function reply(out: ReplyWriter, db: Keyspace, ref: number): void {
  if (ref === 0) out.absent();
  else out.value(db, ref);
}

/** The deadline that SET's options ask for: 0 for none, undefined for one that can't be. */
function setDeadline(request: RequestBatch, now: number): number | undefined {
  for (const [slot, unit] of SET_EXPIRY) {
    const operand = (request.options[slot] as number) - 1;
    if (operand < 0) continue;
    const amount = request.integer(operand) as number | bigint;
    return amount > 0 ? deadlineOf(amount, unit, now) : undefined;
  }
  return 0;
}

function set(context: ServerContext): Handler {
  return (request, { keyspace: db }, out) => {
    const { at: key, options } = request;
    if (request.size === 2) {
      write(request, db, key, key + 1, 0);
      return out.written(1);
    }
    let deadline = setDeadline(request, context.keyspaces.now);
    if (deadline === undefined) return out.error(invalidExpiry('set'));
    const old = db.find(request, key);
    if (old !== 0 && options[SetOption.KEEPTTL] !== 0) deadline = db.deadlineOf(old);
    const refused =
      (old !== 0 && options[SetOption.NX] !== 0) || (old === 0 && options[SetOption.XX] !== 0);
    const answersOld = options[SetOption.GET] !== 0;
    if (answersOld) reply(out, db, old);
    if (!refused) write(request, db, key, key + 1, deadline);
    if (!answersOld) out.written(refused ? 0 : 1);
  };
}

function setex(context: ServerContext, name: string, unit: ExpiryUnit): Handler {
  return (request, { keyspace: db }, out) => {
    const key = request.at;
    const amount = request.integer(key + 1) as number | bigint;
    const deadline = amount > 0 ? deadlineOf(amount, unit, context.keyspaces.now) : undefined;
    if (deadline === undefined) return out.error(invalidExpiry(name));
    write(request, db, key, key + 2, deadline);
    out.written(1);
  };
}

/** INCR and its like: adds to the integer of a key, exactly over 64 bits. */
function add(
  request: RequestBatch,
  { keyspace: db }: Session,
  out: ReplyWriter,
  amount: number | bigint,
): void {
  const ref = db.find(request, request.at);
  const current = ref === 0 ? 0 : storedInteger(db, ref);
  if (current === NOT_TEXT) out.error(Errors.wrongType);
  else if (current === undefined) out.error(Errors.notInteger);
  else {
    const sum = addExactly(current, amount);
    if (sum === undefined) out.error(Errors.overflow);
    else {
      writeSum(request, db, ref, sum);
      out.integer(sum);
    }
  }
}

/** Writes an integer in place of the record `ref`, in its encoding; 0 makes a new key. */
function writeSum(request: RequestBatch, db: Keyspace, ref: number, sum: number | bigint): void {
  const key = request.at;
  const native = request.form[key] !== ArgumentForm.RAW;
  const encoding = ref !== 0 ? db.encodingOf(ref) : native ? Encoding.VALUE : Encoding.RAW;
  const deadline = ref === 0 ? 0 : db.deadlineOf(ref);
  const bytes = encoding === Encoding.VALUE ? integerValue(sum) : encoder.encode(String(sum));
  db.set(request, key, bytes, 0, bytes.length, encoding, deadline);
}

const encoder = new TextEncoder();

/** The sum: a number where it is safe, else a bigint; undefined beyond 64 bits. */
function addExactly(a: number | bigint, b: number | bigint): number | bigint | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const sum = BigInt(a) + BigInt(b);
  if (sum < INT64_MIN || sum > INT64_MAX) return undefined;
  const number = Number(sum);
  return Number.isSafeInteger(number) ? number : sum;
}

/** An argument as the bytes that APPEND adds. */
function textOf(request: RequestBatch, argument: number): Uint8Array | typeof NOT_TEXT {
  const bytes = request.range(argument);
  return request.isText(argument) ? bytes : numberText(bytes);
}

const append: Handler = (request, { keyspace: db }, out) => {
  const key = request.at;
  const added = textOf(request, key + 1);
  if (added === NOT_TEXT) return out.error(Errors.wrongType);
  const ref = db.find(request, key);
  const old = ref === 0 ? new Uint8Array(0) : storedText(db, ref);
  if (old === NOT_TEXT) return out.error(Errors.wrongType);
  const length = old.length + added.length;
  if (length > VALUE_BYTES_MAX) return out.error(Errors.valueTooLong);
  const bytes = new Uint8Array(length);
  bytes.set(old);
  bytes.set(added, old.length);
  let encoding: number = ref === 0 ? encodingOf(request, key + 1) : db.encodingOf(ref);
  if (encoding === Encoding.VALUE) encoding = Encoding.RAW;
  if (encoding === Encoding.TEXT && !isUtf8(new DataView(bytes.buffer), 0, length))
    encoding = Encoding.RAW;
  db.set(request, key, bytes, 0, length, encoding, ref === 0 ? 0 : db.deadlineOf(ref));
  out.integer(length);
};

const strlen: Handler = (request, { keyspace: db }, out) => {
  const ref = db.find(request, request.at);
  if (ref === 0) return out.integer(0);
  if (db.encodingOf(ref) !== Encoding.VALUE) return out.integer(db.valueLength(ref));
  const text = storedText(db, ref);
  if (text === NOT_TEXT) out.error(Errors.wrongType);
  else out.integer(text.length);
};

const mset: Handler = (request, { keyspace: db }, out) => {
  const { at, size } = request;
  for (let i = 0; i < size; i += 2) write(request, db, at + i, at + i + 1, 0);
  out.written(size / 2);
};

const setnx: Handler = (request, { keyspace: db }, out) => {
  const key = request.at;
  if (db.find(request, key) !== 0) return out.integer(0);
  write(request, db, key, key + 1, 0);
  out.integer(1);
};

const getset: Handler = (request, { keyspace: db }, out) => {
  const key = request.at;
  reply(out, db, db.find(request, key));
  write(request, db, key, key + 1, 0);
};

const getdel: Handler = (request, { keyspace: db }, out) => {
  const ref = db.find(request, request.at);
  reply(out, db, ref);
  if (ref !== 0) db.remove(request, request.at);
};

/** The amount of DECRBY the other way round; never -2^63, whose opposite has no place. */
function negated(amount: number | bigint): number | bigint {
  return typeof amount === 'bigint' ? -amount : 0 - amount;
}

/** Handlers of `protocol/src/commands/string.ts`, row by row. */
export function stringCommands(context: ServerContext): Handlers<'string'> {
  return {
    GET: (request, { keyspace: db }, out) =>
      reply(out, db, lookUp(context, db, request, request.at)),
    SET: set(context),
    GETSET: getset,
    GETDEL: getdel,
    SETEX: setex(context, 'setex', SECONDS),
    PSETEX: setex(context, 'psetex', MILLISECONDS),
    SETNX: setnx,
    APPEND: append,
    STRLEN: strlen,
    MSET: mset,
    MGET: (request, { keyspace: db }, out) => {
      const { at, size } = request;
      out.array(size);
      for (let i = 0; i < size; i++) reply(out, db, lookUp(context, db, request, at + i));
    },
    INCR: (request, session, out) => add(request, session, out, 1),
    INCRBY: (request, session, out) =>
      add(request, session, out, request.integer(request.at + 1) as number | bigint),
    DECR: (request, session, out) => add(request, session, out, -1),
    DECRBY: (request, session, out) => {
      const amount = request.integer(request.at + 1) as number | bigint;
      if (amount === INT64_MIN) return out.error(DECREMENT_OVERFLOW);
      add(request, session, out, negated(amount));
    },
  };
}
