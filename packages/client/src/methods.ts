import { type Argument, COMMANDS, type CommandRow } from '@kv/protocol';
import type { CallOptions } from './call-options.ts';
import { callOptions, noOption } from './check-options.ts';
import { type CommandKind, kindOf } from './command.ts';
import { KvError } from './errors.ts';

/** A row of the table as a method. */
export interface Method {
  readonly row: CommandRow;
  readonly kind: CommandKind;
  /** Takes any number of arguments, so no options. */
  readonly variadic: boolean;
  /** By lower-case name. */
  readonly options: ReadonlyMap<string, readonly Argument[]>;
}

/** What is sent for a call of a method. */
export interface MethodCall {
  readonly words: readonly unknown[];
  readonly options: CallOptions;
}

const NO_OPTIONS: CallOptions = {};

/** `CLIENT NO-EVICT` is `clientNoEvict`, `BITFIELD_RO` is `bitfieldRo`. */
export function methodName(command: string): string {
  const [head = '', ...others] = command.toLowerCase().split(/[ _-]/);
  return head + others.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`).join('');
}

function methodOf(row: CommandRow): Method {
  const options = new Map<string, readonly Argument[]>();
  for (const group of row.options ?? [])
    for (const [token, operands] of Object.entries(group))
      options.set(token.toLowerCase(), operands);
  const variadic = row.repeat === true || row.counted === true || row.args.at(-1)?.many === true;
  return { row, kind: kindOf(row.name), variadic, options };
}

/** The methods' names and what each sends, from the table. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  COMMANDS.map((row: CommandRow) => [methodName(row.name), methodOf(row)]),
);

/**
 * Takes a method's arguments apart: positional ones, then an object of options.
 *
 * @throws {@link KvError} `INVALID_ARGUMENT` for an option that the row does not have
 */
export function methodCall(method: Method, args: readonly unknown[]): MethodCall {
  if (method.variadic) return { words: args, options: NO_OPTIONS };
  const places = method.row.args;
  let given = Math.min(args.length, places.length);
  let options = args[places.length];
  // An optional argument may be left out in front of the options.
  if (given > 0 && args.length <= places.length && places[given - 1]?.optional) {
    const last = args[given - 1];
    if (isOptions(last)) {
      options = last;
      given--;
    }
  }
  while (given > 0 && args[given - 1] === undefined && places[given - 1]?.optional) given--;
  if (args.length > places.length + 1 || (options !== undefined && !isOptions(options)))
    throw new KvError(
      'INVALID_ARGUMENT',
      `${method.row.name}: options are one object behind the arguments`,
    );
  const words = given === args.length ? args : args.slice(0, given);
  return options === undefined
    ? { words, options: NO_OPTIONS }
    : { words: [...words, ...optionWords(method, options)], options };
}

/** A plain object; a `Map`, a signal or bytes are something else. */
function isOptions(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `{ ex: 10, nx: true }` as the words `EX 10 NX`. */
function optionWords(method: Method, options: Readonly<Record<string, unknown>>): unknown[] {
  const words: unknown[] = [];
  for (const [name, value] of Object.entries(options)) {
    if (name === 'signal' || name === 'timeoutMs' || name === 'durable') continue;
    const operands = method.options.get(name.toLowerCase());
    if (operands === undefined)
      throw noOption(method.row.name, name, callOptions(...method.options.keys()));
    if (value === undefined || (operands.length === 0 && value === false)) continue;
    words.push(name.toUpperCase());
    if (operands.length === 0) continue;
    if (Array.isArray(value)) words.push(...value);
    else words.push(value);
  }
  return words;
}
