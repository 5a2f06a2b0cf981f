import { type ErrorReply, Errors, errorReply } from '../errors.ts';
import { KEY_BYTES_MAX, TEXT_BYTES_MAX, VALUE_BYTES_MAX } from '../limits.ts';
import type { RequestBatch } from '../request-batch.ts';
import type { CompiledCommand, CompiledOption } from './compile.ts';
import type { ArgumentKind } from './row.ts';

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
  if (command.plain && size === command.argumentsMin) return checkPlain(kinds, request);
  if (size < command.argumentsMin) return wrongArity(command);
  if (size > command.argumentsMax) {
    return command.optionCount > 0 ? Errors.syntax : wrongArity(command);
  }
  if (repeats > 0) {
    if ((size - kinds.length) % repeats !== 0 && size >= kinds.length) return wrongArity(command);
  } else if (command.optionCount > 0) {
    const reply = parseOptions(command, request);
    if (reply !== undefined) return reply;
  }
  const positional = repeats > 0 ? size : Math.min(size, kinds.length);
  for (let i = 0; i < positional; i++) {
    const place = i < kinds.length ? i : kinds.length - repeats + ((i - kinds.length) % repeats);
    const reply = checkKind(kinds[place] as ArgumentKind, request, request.at + i);
    if (reply !== undefined) return reply;
  }
  return undefined;
}

/** Keys and values, and no options. */
function checkPlain(kinds: readonly ArgumentKind[], request: RequestBatch): ErrorReply | undefined {
  const { at, length } = request;
  request.clearOptions();
  for (let i = 0; i < kinds.length; i++) {
    if (kinds[i] === 'key') {
      if (!request.isText(at + i)) return Errors.keyKind;
      if ((length[at + i] as number) > KEY_BYTES_MAX) return Errors.keyTooLong;
    } else if ((length[at + i] as number) > VALUE_BYTES_MAX) return Errors.valueTooLong;
  }
  return undefined;
}

/** Longer than any token of the table. */
const TOKEN_BYTES_MAX = 32;

/** Redis's words for a wrong number of arguments. */
function wrongArity({ row }: CompiledCommand): ErrorReply {
  const name = row.name.toLowerCase().replace(' ', '|');
  return errorReply(`wrong number of arguments for '${name}' command`);
}

function checkKind(
  kind: ArgumentKind,
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
    case 'integer':
      return request.integer(argument) === undefined ? Errors.notInteger : undefined;
  }
}

/** Reads the tokens behind the positional arguments into `request.options`. */
function parseOptions(command: CompiledCommand, request: RequestBatch): ErrorReply | undefined {
  const { options } = request;
  request.clearOptions();
  const end = request.at + request.size;
  let groups = 0;
  let integers: ErrorReply | undefined;
  let at = request.at + Math.min(command.kinds.length, request.size);
  while (at < end) {
    // A giant argument in the place of a token never becomes a string.
    if (!request.isText(at) || (request.length[at] as number) > TOKEN_BYTES_MAX)
      return Errors.syntax;
    const option = command.options.get(request.text(at).toUpperCase());
    if (option === undefined || (groups & (1 << option.group)) !== 0) return Errors.syntax;
    groups |= 1 << option.group;
    const next = at + 1 + operandCount(option, end - at - 1);
    if (next > end) return Errors.syntax;
    request.optionsGiven = true;
    options[option.slot] = 1 + (option.operands.length > 0 ? at + 1 : at);
    for (let a = at + 1; a < next; a++) {
      const operand = option.operands[Math.min(a - at - 1, option.operands.length - 1)];
      integers ??= checkKind(operand?.kind ?? 'text', request, a);
    }
    at = next;
  }
  return integers;
}

/** How many arguments belong to a token when `left` follow it. */
function operandCount({ operands }: CompiledOption, left: number): number {
  return operands.at(-1)?.many ? Math.max(operands.length, left) : operands.length;
}
