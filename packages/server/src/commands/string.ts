import {
  ArgumentForm,
  Encoding,
  Errors,
  errorReply,
  optionSlots,
  type ReplyWriter,
  type RequestBatch,
} from '@kv/protocol';
import { deadlineOf, type ExpiryUnit, invalidExpiry, MILLISECONDS, SECONDS } from '../deadline.ts';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import type { Keyspace } from '../ports.ts';
import { holdsSame } from '../same-value.ts';
import type { Session } from '../session.ts';
import {
  integerText,
  integerValue,
  NOT_TEXT,
  storedInteger,
  writeIntegerText,
} from '../stored-number.ts';
import { writeArgument } from '../text-value.ts';
import { expiryReader } from './expiry-options.ts';
import { incrbyfloat } from './float.ts';
import { increx } from './increx.ts';
import { lcs } from './lcs.ts';
import { append, getrange, setrange, strlen } from './range.ts';
import { delifeq, getex, msetex, msetnx } from './several-values.ts';

const SetOption = optionSlots('SET');
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const DECREMENT_OVERFLOW = errorReply('decrement would overflow');

const setDeadline = expiryReader(SetOption);

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

function set(context: ServerContext): Handler {
  return (request, { keyspace: db }, out) => {
    const { at: key, options } = request;
    if (request.size === 2) {
      writeArgument(request, db, key, key + 1, 0);
      return out.written(1);
    }
    let deadline = setDeadline(request, context.keyspaces.now);
    if (deadline === undefined) return out.error(invalidExpiry('set'));
    const old = db.find(request, key);
    if (old !== 0 && options[SetOption.KEEPTTL] !== 0) deadline = db.deadlineOf(old);
    const refused = isRefused(request, db, old);
    const answersOld = options[SetOption.GET] !== 0;
    if (answersOld) reply(out, db, old);
    if (!refused) writeArgument(request, db, key, key + 1, deadline);
    if (!answersOld) out.written(refused ? 0 : 1);
  };
}

/** Whether SET's conditions keep it from replacing the record `old`, 0 being none. */
function isRefused(request: RequestBatch, db: Keyspace, old: number): boolean {
  const { options } = request;
  const compared = (options[SetOption.IFEQ] as number) - 1;
  if (compared >= 0) return old === 0 || !holdsSame(db, old, request, compared);
  return options[old === 0 ? SetOption.XX : SetOption.NX] !== 0;
}

function setex(context: ServerContext, name: string, unit: ExpiryUnit): Handler {
  return (request, { keyspace: db }, out) => {
    const key = request.at;
    const amount = request.integer(key + 1) as number | bigint;
    const deadline = amount > 0 ? deadlineOf(amount, unit, context.keyspaces.now) : undefined;
    if (deadline === undefined) return out.error(invalidExpiry(name));
    writeArgument(request, db, key, key + 2, deadline);
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
  const isValue = encoding === Encoding.VALUE;
  const bytes = isValue ? integerValue(sum) : integerText;
  const length = isValue ? bytes.length : writeIntegerText(sum);
  if (ref !== 0 && db.overwrite(ref, bytes, 0, length)) return;
  db.set(request, key, bytes, 0, length, encoding, ref === 0 ? 0 : db.deadlineOf(ref));
}

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

const mset: Handler = (request, { keyspace: db }, out) => {
  const { at, size } = request;
  for (let i = 0; i < size; i += 2) writeArgument(request, db, at + i, at + i + 1, 0);
  out.written(size / 2);
};

const setnx: Handler = (request, { keyspace: db }, out) => {
  const key = request.at;
  if (db.find(request, key) !== 0) return out.integer(0);
  writeArgument(request, db, key, key + 1, 0);
  out.integer(1);
};

const getset: Handler = (request, { keyspace: db }, out) => {
  const key = request.at;
  reply(out, db, db.find(request, key));
  writeArgument(request, db, key, key + 1, 0);
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
    GETEX: getex(context),
    GETRANGE: getrange,
    SUBSTR: getrange,
    SETRANGE: setrange,
    MSETNX: msetnx,
    MSETEX: msetex(context),
    DELIFEQ: delifeq,
    INCRBYFLOAT: incrbyfloat,
    INCREX: increx(context),
    LCS: lcs(context),
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
