import {
  type ErrorReply,
  Errors,
  errorReply,
  optionSlots,
  type ReplyWriter,
  type RequestBatch,
} from '@kv/protocol';
import { invalidExpiry } from '../deadline.ts';
import type { Handler, ServerContext } from '../handler.ts';
import { addLongDoubles, INFINITE, type LongDouble, longDoubleText } from '../long-double.ts';
import type { Session } from '../session.ts';
import { NOT_TEXT } from '../stored-number.ts';
import { argumentBytes, bytesOf } from '../text-value.ts';
import { expiryReader } from './expiry-options.ts';
import { answerNumber, longDoubleOf, NOT_FLOAT, writeNumber } from './float.ts';

const Option = optionSlots('INCREX');
const deadlineAsked = expiryReader(Option);

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const BAD_BOUNDS = errorReply('LBOUND is greater than UBOUND');
const BAD_BOUND = errorReply('LBOUND or UBOUND is not a valid number');
const ENX_ALONE = errorReply('ENX flag requires an expiration (EX, PX, EXAT or PXAT)');

/** How INCREX counts: by integers of 64 bits, or by decimals. */
interface Arithmetic<N> {
  readonly one: N;
  readonly zero: N;
  /** `undefined`: not one of these numbers. */
  parse(bytes: Uint8Array): N | undefined;
  readonly notOne: ErrorReply;
  /** Below 0, 0 or above, as `a` is less, the same or more. */
  compare(a: N, b: N): number;
  /** The sum, or on which side it is out of range. */
  add(a: N, b: N): N | 'below' | 'above';
  subtract(a: N, b: N): N;
  /** The ends of the range. */
  readonly least: N;
  readonly greatest: N;
  text(number: N): string;
  answer(session: Session, out: ReplyWriter, number: N): void;
}

const decoder = new TextDecoder('latin1');
const INTEGER = /^(0|-?[1-9]\d{0,18})$/;

const integers: Arithmetic<bigint> = {
  one: 1n,
  zero: 0n,
  parse: (bytes) => {
    const text = decoder.decode(bytes);
    if (!INTEGER.test(text)) return undefined;
    const number = BigInt(text);
    return number < INT64_MIN || number > INT64_MAX ? undefined : number;
  },
  notOne: Errors.notInteger,
  compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
  add: (a, b) => (a + b < INT64_MIN ? 'below' : a + b > INT64_MAX ? 'above' : a + b),
  subtract: (a, b) => a - b,
  least: INT64_MIN,
  greatest: INT64_MAX,
  text: String,
  answer: (_session, out, number) => {
    const small = Number(number);
    out.integer(Number.isSafeInteger(small) ? small : number);
  },
};

/** The largest number of 64 bits of mantissa. */
const GREATEST: LongDouble = { mantissa: 2n ** 64n - 1n, exponent: 16384 - 64 };
const opposite = ({ mantissa, exponent }: LongDouble) => ({ mantissa: -mantissa, exponent });

const decimals: Arithmetic<LongDouble> = {
  one: { mantissa: 1n, exponent: 0 },
  zero: { mantissa: 0n, exponent: 0 },
  parse: (bytes) => {
    const number = longDoubleOf(bytes);
    return number === INFINITE ? undefined : number;
  },
  notOne: NOT_FLOAT,
  compare: (a, b) => {
    const difference = addLongDoubles(a, opposite(b))?.mantissa ?? a.mantissa;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  },
  add: (a, b) => addLongDoubles(a, b) ?? (b.mantissa < 0n ? 'below' : 'above'),
  subtract: (a, b) => addLongDoubles(a, opposite(b)) ?? a,
  least: opposite(GREATEST),
  greatest: GREATEST,
  text: longDoubleText,
  answer: (session, out, number) => {
    if (session.protocol === 3) out.double(Number(longDoubleText(number)));
    else answerNumber(session, out, longDoubleText(number));
  },
};

/** What INCREX was asked to do, in numbers of one kind. */
interface Plan<N> {
  readonly increment: N;
  readonly lower: N;
  readonly upper: N;
  readonly saturates: boolean;
}

const operand = (request: RequestBatch, slot: number): Uint8Array | undefined => {
  const argument = (request.options[slot] as number) - 1;
  if (argument < 0) return undefined;
  const bytes = argumentBytes(request, argument);
  return bytes === NOT_TEXT ? new Uint8Array(0) : bytes;
};

function planOf<N>(
  request: RequestBatch,
  numbers: Arithmetic<N>,
  incrementSlot: number,
): Plan<N> | ErrorReply {
  const read = (slot: number, otherwise: N): N | undefined => {
    const bytes = operand(request, slot);
    return bytes === undefined ? otherwise : numbers.parse(bytes);
  };
  const increment = read(incrementSlot, numbers.one);
  if (increment === undefined) return numbers.notOne;
  const lower = read(Option.LBOUND, numbers.least);
  const upper = read(Option.UBOUND, numbers.greatest);
  if (lower === undefined || upper === undefined) return BAD_BOUND;
  if (numbers.compare(lower, upper) > 0) return BAD_BOUNDS;
  return { increment, lower, upper, saturates: request.options[Option.SATURATE] !== 0 };
}

/** The value that comes next; `undefined`: it is out of bounds, and nothing is to change. */
function next<N>(numbers: Arithmetic<N>, current: N, plan: Plan<N>): N | undefined {
  const sum = numbers.add(current, plan.increment);
  const isBelow = sum === 'below' || (sum !== 'above' && numbers.compare(sum, plan.lower) < 0);
  const isAbove = sum === 'above' || (sum !== 'below' && numbers.compare(sum, plan.upper) > 0);
  if (!isBelow && !isAbove) return sum as N;
  if (!plan.saturates) return undefined;
  return isBelow ? plan.lower : plan.upper;
}

export function increx(context: ServerContext): Handler {
  return (request, session, out) => {
    const { options } = request;
    const expires = [Option.EX, Option.PX, Option.EXAT, Option.PXAT].some((s) => options[s] !== 0);
    if (options[Option.ENX] !== 0 && !expires) return out.error(ENX_ALONE);
    const refusal =
      options[Option.BYFLOAT] === 0
        ? count(context, integers, Option.BYINT, request, session, out)
        : count(context, decimals, Option.BYFLOAT, request, session, out);
    if (refusal !== undefined) out.error(refusal);
  };
}

/** Counts and answers; or says why it can't, and has changed nothing. */
function count<N>(
  { keyspaces }: ServerContext,
  numbers: Arithmetic<N>,
  incrementSlot: number,
  request: RequestBatch,
  session: Session,
  out: ReplyWriter,
): ErrorReply | undefined {
  const { keyspace: db } = session;
  const plan = planOf(request, numbers, incrementSlot);
  if ('code' in plan) return plan;
  const deadline = deadlineAsked(request, keyspaces.now);
  if (deadline === undefined) return invalidExpiry('increx');
  const ref = db.find(request, request.at);
  const held = bytesOf(db, ref);
  if (held === NOT_TEXT) return Errors.wrongType;
  const current = ref === 0 ? numbers.zero : numbers.parse(held);
  if (current === undefined) return numbers.notOne;
  const value = next(numbers, current, plan);
  if (value !== undefined) {
    const old = ref === 0 ? 0 : db.deadlineOf(ref);
    writeNumber(request, db, ref, numbers.text(value), deadlineAfter(request, old, deadline));
  }
  out.array(2);
  numbers.answer(session, out, value ?? current);
  numbers.answer(
    session,
    out,
    value === undefined ? numbers.zero : numbers.subtract(value, current),
  );
  return undefined;
}

/** The deadline that the key has afterwards: its old one, unless the options say otherwise. */
function deadlineAfter({ options }: RequestBatch, old: number, asked: number): number {
  if (options[Option.PERSIST] !== 0) return 0;
  if (asked === 0 || (options[Option.ENX] !== 0 && old !== 0)) return old;
  return asked;
}
