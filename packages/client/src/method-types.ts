// The types of the client's methods, computed from the rows of the command table.
import type { Argument, Command, CommandName, CommandNamed, NativeReply } from '@kv/protocol';
import type { CallOptions } from './call.ts';

/** A key: a string is its UTF-8. */
export type Key = string | Uint8Array;

/** What can stand for an argument of each kind. */
interface ArgumentTypes {
  key: Key;
  /** Anything the codec takes. */
  value: unknown;
  text: Key;
  integer: number | bigint;
}

type ArgumentType<A> = A extends Argument ? ArgumentTypes[A['kind']] : never;

/** Positional arguments as a tuple: optional ones may be left out, `many` is the rest. */
type Positional<Args extends readonly unknown[]> = Args extends readonly [
  infer Head extends Argument,
  ...infer Tail,
]
  ? Head extends { readonly many: true }
    ? Head extends { readonly optional: true }
      ? [...ArgumentType<Head>[]]
      : [ArgumentType<Head>, ...ArgumentType<Head>[]]
    : Head extends { readonly optional: true }
      ? [ArgumentType<Head>?, ...Positional<Tail>]
      : [ArgumentType<Head>, ...Positional<Tail>]
  : [];

/** `PXAT` is `pxat`; an option without operands is `true`, with one its value, with more a tuple. */
type OptionValue<Operands> = Operands extends readonly []
  ? true
  : Operands extends readonly [infer Only]
    ? Only extends { readonly many: true }
      ? readonly ArgumentType<Only>[]
      : ArgumentType<Only>
    : Operands extends readonly unknown[]
      ? { readonly [I in keyof Operands]: ArgumentType<Operands[I]> }
      : never;

type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (
  i: infer I,
) => void
  ? I
  : never;

type GroupOptions<Group> = {
  readonly [Token in keyof Group as Lowercase<Token & string>]?: OptionValue<Group[Token]>;
};

/** The options of a row as an object; which exclude each other, the server says. */
export type RowOptions<Row> = Row extends { readonly options: readonly (infer Group)[] }
  ? UnionToIntersection<Group extends unknown ? GroupOptions<Group> : never>
  : unknown;

/** What a native reply is in TypeScript; absence is `undefined`. */
interface ReplyTypes<T> {
  value: T | undefined;
  values: (T | undefined)[];
  written: number;
  'written-or-value': unknown;
  integer: number;
  integer64: number | bigint;
  text: string;
  'text-or-nil': string | undefined;
  'key-or-nil': Key | undefined;
  keys: Key[];
  scan: [cursor: string, keys: Key[]];
  texts: string[];
  map: Record<string, unknown>;
  any: unknown;
}

/** The reply of a command; `T` is the type of the values in it. */
export type ReplyOf<
  Name extends CommandName,
  T = unknown,
> = ReplyTypes<T>[CommandNamed<Name>['reply']['native'] & NativeReply];

/** The arguments of a command as `execute` takes them: options are written out as in Redis. */
export type ExecuteArguments<Name extends CommandName> =
  CommandNamed<Name> extends { readonly repeat: true }
    ? [Key, unknown, ...unknown[]]
    : CommandNamed<Name> extends { readonly options: readonly unknown[] }
      ? [...Positional<CommandNamed<Name>['args']>, ...unknown[]]
      : Positional<CommandNamed<Name>['args']>;

type Variadic<Row> = Row extends { readonly repeat: true }
  ? true
  : Row extends { readonly args: readonly [...unknown[], { readonly many: true }] }
    ? true
    : false;

/** `true` for the replies whose values have a type only the caller knows. */
type HoldsValues<Row> = Row extends { readonly reply: { readonly native: 'value' | 'values' } }
  ? true
  : false;

type Parameters_<Row extends Command> =
  Variadic<Row> extends true
    ? ExecuteArguments<Row['name']>
    : [...Positional<Row['args']>, options?: RowOptions<Row> & CallOptions];

type Method<Row extends Command> =
  HoldsValues<Row> extends true
    ? <T = unknown>(...args: Parameters_<Row>) => Promise<ReplyOf<Row['name'], T>>
    : (...args: Parameters_<Row>) => Promise<ReplyOf<Row['name']>>;

/** `CLIENT ID` is `clientId`. */
export type MethodName<Name extends string> = Name extends `${infer Word} ${infer Rest}`
  ? `${Lowercase<Word>}${Capitalize<Lowercase<Rest>>}`
  : Lowercase<Name>;

/** One method for each command of the table. */
export type CommandMethods = {
  readonly [Row in Command as MethodName<Row['name']>]: Method<Row>;
};
