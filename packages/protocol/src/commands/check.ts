import { ArgumentForm } from '../encodings.ts';
import { type ErrorReply, Errors, errorReply } from '../errors.ts';
import { KEY_BYTES_MAX, TEXT_BYTES_MAX, VALUE_BYTES_MAX } from '../limits.ts';
import type { RequestBatch } from '../request-batch.ts';
import { COMPILED, type CompiledCommand, type CompiledOption } from './compile.ts';
import type { Argument } from './row.ts';

/** By command number: how many keys and values it takes at least when that is all it is given; else -1. */
const PLAIN_SIZE = Int32Array.from(COMPILED, (command) =>
  command?.plain && !command.hasSubcommands ? command.argumentsMin : -1,
);
/** By command number: how many of them repeat to the end; 0 when it takes just so many. */
const PLAIN_REPEATS = Int32Array.from(COMPILED, (command) => command?.repeats ?? 0);
/** By command number: a bit for each of these that is a key. */
const PLAIN_KEYS = Int32Array.from(COMPILED, (command) =>
  command?.plain ? command.kinds.reduce((bits, kind, i) => bits | (+(kind === 'key') << i), 0) : 0,
);

/**
 * Whether the request being executed is what nearly all are, so that {@link checkArguments}
 * would let it through: keys and values, as many as the command takes, no options, and none
 * longer than a key may be.
 */
export function isPlain(command: number, request: RequestBatch): boolean {
  const { at, size, length, form } = request;
  const least = PLAIN_SIZE[command] as number;
  const repeats = PLAIN_REPEATS[command] as number;
  if (least < 0 || size < least) return false;
  if (size !== least && (repeats === 0 || size % repeats !== 0)) return false;
  const keys = PLAIN_KEYS[command] as number;
  let kind = 0;
  for (let a = at; a < at + size; a++) {
    if ((length[a] as number) > KEY_BYTES_MAX) return false;
    if (((keys >> kind) & 1) !== 0 && (form[a] as number) > ArgumentForm.BYTES) return false;
    if (++kind === least) kind = 0;
  }
  request.clearOptions();
  return true;
}

/**
 * Checks the arguments of the row being executed against the command table:
 * their number, options, kinds and lengths. Leaves the options in
 * `request.options`.
 *
 * The order is Redis's: arity, then syntax, then integers.
 *
 * @returns the error to answer, or `undefined` when all is well
 */
export function checkArguments(
  command: CompiledCommand,
  request: RequestBatch,
): ErrorReply | undefined {
  const { size } = request;
  const { kinds, repeats } = command;
  if (command.row.counted) return checkCounted(command, request);
  if (size < command.argumentsMin) return wrongArity(command);
  if (size > command.argumentsMax) {
    return command.optionCount > 0 ? Errors.syntax : wrongArity(command);
  }
  if (repeats > 0) {
    if ((size - kinds.length) % repeats !== 0 && size >= kinds.length) return wrongArity(command);
  } else if (command.optionCount > 0) {
    const reply = parseOptions(command, request, request.at + Math.min(kinds.length, size));
    if (reply !== undefined) return reply;
  }
  const positional = repeats > 0 ? size : Math.min(size, kinds.length);
  for (let i = 0; i < positional; i++) {
    const place = i < kinds.length ? i : kinds.length - repeats + ((i - kinds.length) % repeats);
    const reply = checkArgument(command.row.args[place] as Argument, request, request.at + i);
    if (reply !== undefined) return reply;
  }
  return undefined;
}

const NO_COUNT = errorReply('invalid numkeys value');
const FEWER_THAN_COUNTED = errorReply('wrong number of arguments behind numkeys');

/** The first argument counts the groups of others; behind them there are options. */
function checkCounted(command: CompiledCommand, request: RequestBatch): ErrorReply | undefined {
  const { at, size } = request;
  if (size < command.argumentsMin) return wrongArity(command);
  const [, ...counted] = command.row.args;
  const count = Number(request.integer(at) ?? 0);
  if (!Number.isSafeInteger(count) || count < 1) return NO_COUNT;
  const end = at + 1 + count * counted.length;
  if (end > at + size) return FEWER_THAN_COUNTED;
  const reply = parseOptions(command, request, end);
  if (reply !== undefined) return reply;
  for (let a = at + 1; a < end; a++) {
    const argument = counted[(a - at - 1) % counted.length] as Argument;
    const wrong = checkArgument(argument, request, a);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** Whether a command has about as many arguments as it takes: all that Redis looks at before it queues one. */
export function checkArity(
  command: CompiledCommand,
  { size }: RequestBatch,
): ErrorReply | undefined {
  const { arity, container } = command;
  const words = size + (container === undefined ? 1 : 2);
  return (arity > 0 ? words === arity : words >= -arity) ? undefined : wrongArity(command);
}

/** Longer than any token of the table. */
const TOKEN_BYTES_MAX = 32;

/** Redis's words for a wrong number of arguments. */
function wrongArity({ row }: CompiledCommand): ErrorReply {
  const name = row.name.toLowerCase().replace(' ', '|');
  return errorReply(`wrong number of arguments for '${name}' command`);
}

const within = (
  integer: number | bigint,
  min: number | undefined,
  max: number | undefined,
): boolean => (min === undefined || integer >= min) && (max === undefined || integer <= max);

function checkArgument(
  { kind, min, max, error }: Argument,
  request: RequestBatch,
  argument: number,
): ErrorReply | undefined {
  const length = request.length[argument] as number;
  switch (kind) {
    case 'key':
      if (!request.isText(argument)) return Errors.keyKind;
      return length > KEY_BYTES_MAX ? Errors.keyTooLong : undefined;
    case 'value':
      return length > VALUE_BYTES_MAX ? Errors.valueTooLong : undefined;
    case 'text':
      if (length > TEXT_BYTES_MAX) return Errors.textTooLong;
      return request.isText(argument) || request.integer(argument) !== undefined
        ? undefined
        : Errors.textKind;
    case 'integer': {
      const integer = request.integer(argument);
      if (integer !== undefined && within(integer, min, max)) return undefined;
      return error === undefined ? Errors.notInteger : errorReply(error);
    }
  }
}

/** Reads the tokens from `start` on, behind the other arguments, into `request.options`. */
function parseOptions(
  command: CompiledCommand,
  request: RequestBatch,
  start: number,
): ErrorReply | undefined {
  const { options } = request;
  request.clearOptions();
  const end = request.at + request.size;
  let groups = 0;
  let at = start;
  while (at < end) {
    // A giant argument in the place of a token never becomes a string.
    if (!request.isText(at) || (request.length[at] as number) > TOKEN_BYTES_MAX)
      return Errors.syntax;
    const option = command.options.get(request.text(at).toUpperCase());
    if (option === undefined) return unknownOption(command, request, at);
    // The same option may be given again, as in Redis: the last one counts.
    if ((groups & (1 << option.group)) !== 0 && options[option.slot] === 0) return Errors.syntax;
    groups |= 1 << option.group;
    const next = at + 1 + operandCount(option, end - at - 1);
    if (next > end) return unknownOption(command, request, at);
    request.optionsGiven = true;
    options[option.slot] = 1 + (option.operands.length > 0 ? at + 1 : at);
    at = next;
  }
  for (const { slot, others, reply } of command.conflicts)
    if (options[slot] !== 0 && others.some((other) => options[other] !== 0)) return reply;
  return checkOperands(command, request);
}

/** Checks what belongs to the options that count. */
function checkOperands(command: CompiledCommand, request: RequestBatch): ErrorReply | undefined {
  const end = request.at + request.size;
  for (const { slot, operands } of command.options.values()) {
    const first = (request.options[slot] as number) - 1;
    if (first < 0 || operands.length === 0) continue;
    const count = operands.at(-1)?.many ? end - first : operands.length;
    for (let i = 0; i < count; i++) {
      const operand = operands[Math.min(i, operands.length - 1)] as Argument;
      const reply = checkArgument(operand, request, first + i);
      if (reply !== undefined) return reply;
    }
  }
  return undefined;
}

function unknownOption({ row }: CompiledCommand, request: RequestBatch, at: number): ErrorReply {
  if (row.unknownOption === undefined) return Errors.syntax;
  return errorReply(row.unknownOption.replace('{option}', () => request.text(at)));
}

/** How many arguments belong to a token when `left` follow it. */
function operandCount({ operands }: CompiledOption, left: number): number {
  return operands.at(-1)?.many ? Math.max(operands.length, left) : operands.length;
}
