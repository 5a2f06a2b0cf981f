// The types of the client's methods, computed from the rows of the command table.
import type { Argument, Command, CommandName } from '@kv/protocol';
import type { Queued } from './batch.ts';
import type { CallOptions } from './call-options.ts';

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

/**
 * One argument as a tuple with a label: it is what editors show as the name of the
 * parameter. An argument that is not listed is shown by its kind.
 */
interface Labelled {
  seconds: [seconds: number | bigint];
  milliseconds: [milliseconds: number | bigint];
  'unix-seconds': [unixSeconds: number | bigint];
  'unix-milliseconds': [unixMilliseconds: number | bigint];
  increment: [increment: number | bigint];
  offset: [offset: number | bigint];
  start: [start: number | bigint];
  end: [end: number | bigint];
  bit: [bit: number | bigint];
  decrement: [decrement: number | bigint];
  index: [index: number | bigint];
  version: [version: number | bigint];
  cursor: [cursor: Key];
  message: [message: Key];
  name: [name: Key];
  password: [password: Key];
  pattern: [pattern: Key];
  'username-or-password': [usernameOrPassword: Key];
}

interface LabelledByKind {
  key: [key: Key];
  value: [value: unknown];
  text: [text: Key];
  integer: [integer: number | bigint];
}

type One<A extends Argument> = A['name'] extends keyof Labelled
  ? Labelled[A['name']]
  : LabelledByKind[A['kind']];

/** Positional arguments as a tuple: optional ones may be left out, `many` is the rest. */
type Positional<Args extends readonly unknown[]> = Args extends readonly [
  infer Head extends Argument,
  ...infer Tail,
]
  ? Head extends { readonly many: true }
    ? Head extends { readonly optional: true }
      ? [...ArgumentType<Head>[]]
      : [...One<Head>, ...ArgumentType<Head>[]]
    : Head extends { readonly optional: true }
      ? [...Partial<One<Head>>, ...Positional<Tail>]
      : [...One<Head>, ...Positional<Tail>]
  : [];

/** An option without operands is a switch, with one its value, with more a tuple. */
type OptionValue<Operands> = Operands extends readonly []
  ? boolean
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
  readonly [Token in keyof Group as Lowercase<Token & string>]?:
    | OptionValue<Group[Token]>
    | undefined;
};

/** An intersection as one object, which is how editors show it. */
type Flat<T> = { [Name in keyof T]: T[Name] };

/** The options of a row as an object; which exclude each other, the server says. */
type RowOptions<Row> = Row extends { readonly options: readonly (infer Group)[] }
  ? Flat<UnionToIntersection<Group extends unknown ? GroupOptions<Group> : never> & CallOptions>
  : CallOptions;

/** What a native reply is in TypeScript; absence is `undefined`. */
interface ReplyTypes<T> {
  value: T | undefined;
  values: (T | undefined)[];
  written: number;
  'written-or-value': unknown;
  integer: number;
  'integer-or-nil': number | undefined;
  integer64: number | bigint;
  number: number;
  'integers-or-nils': (number | bigint | undefined)[];
  bytes: Key;
  'bytes-or-nil': Key | undefined;
  text: string;
  'text-or-nil': string | undefined;
  'key-or-nil': Key | undefined;
  keys: Key[];
  scan: [cursor: string, keys: Key[]];
  texts: string[];
  map: Record<string, unknown>;
  any: unknown;
}

/** The row of a command, also where rows that differ in their names only share a type. */
type RowOf<Name extends CommandName, Row = Command> = Row extends { readonly name: infer Names }
  ? [Name] extends [Names]
    ? Row
    : never
  : never;

type NativeOf<Row> = Row extends { readonly reply: { readonly native: infer Native } }
  ? Native & keyof ReplyTypes<unknown>
  : never;

/** The reply of a command; `T` is the type of the values in it. */
export type ReplyOf<Name extends CommandName, T = unknown> = ReplyTypes<T>[NativeOf<RowOf<Name>>];

type RowArguments<Row> = Row extends { readonly args: infer Args extends readonly unknown[] }
  ? Row extends { readonly repeat: true }
    ? [key: Key, value: unknown, ...more: unknown[]]
    : Row extends { readonly counted: true }
      ? [count: number, key: Key, value: unknown, ...more: unknown[]]
      : Row extends { readonly options: readonly unknown[] }
        ? [...Positional<Args>, ...options: unknown[]]
        : Positional<Args>
  : never;

/** The arguments of a command as `execute` takes them: options are written out as in Redis. */
export type ExecuteArguments<Name extends CommandName> = RowArguments<RowOf<Name>>;

/** The name of a command of the table, in upper or lower case. */
export type AnyCase = CommandName | Lowercase<CommandName>;

/** `'get'` is `'GET'`. */
export type Named<Name extends AnyCase> = Extract<CommandName, Uppercase<Name>>;

/** A name that is not in the table; `never` for one that is, whatever the case. */
export type OtherName<Name extends string> = Uppercase<Name> extends CommandName ? never : Name;

type Variadic<Row> = Row extends { readonly repeat: true } | { readonly counted: true }
  ? true
  : Row extends { readonly args: readonly [...unknown[], { readonly many: true }] }
    ? true
    : false;

/** `true` for the replies whose values have a type only the caller knows. */
type HoldsValues<Row> = Row extends { readonly reply: { readonly native: 'value' | 'values' } }
  ? true
  : false;

type MethodArguments<Row extends Command> =
  Variadic<Row> extends true
    ? RowArguments<Row>
    :
        | [...Positional<Row['args']>, options?: RowOptions<Row>]
        | (Row extends { readonly args: readonly [{ readonly optional: true }] }
            ? [options: RowOptions<Row>]
            : never);

/** What a method gives: the reply to come, or in a batch a place for it. */
type Given<InBatch, T> = InBatch extends true ? Queued<T> : Promise<T>;

type Method<Row extends Command, InBatch = false> =
  HoldsValues<Row> extends true
    ? <T = unknown>(...args: MethodArguments<Row>) => Given<InBatch, ReplyTypes<T>[NativeOf<Row>]>
    : (...args: MethodArguments<Row>) => Given<InBatch, ReplyTypes<unknown>[NativeOf<Row>]>;

type Capitalized<Name extends string> = Name extends `${infer Word}-${infer Rest}`
  ? `${Capitalized<Word>}${Capitalized<Rest>}`
  : Capitalize<Lowercase<Name>>;

/** `CLIENT NO-EVICT` is `clientNoEvict`, `BITFIELD_RO` is `bitfieldRo`. */
type MethodName<Name extends string> = Name extends
  | `${infer Word} ${infer Rest}`
  | `${infer Word}_${infer Rest}`
  ? `${Lowercase<Word>}${Capitalized<Rest>}`
  : Lowercase<Name>;

/** One method for each command of the table. */
export type CommandMethods = {
  readonly [Row in Command as MethodName<Row['name']>]: Method<Row>;
};

/** The same for a batch. */
export type QueuedMethods = {
  readonly [Row in Command as MethodName<Row['name']>]: Method<Row, true>;
};
