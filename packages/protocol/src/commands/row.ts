/** What an argument has to be; the gate checks it before a handler runs. */
export type ArgumentKind = 'key' | 'value' | 'text' | 'integer';

/** One argument of a command. */
export interface Argument {
  readonly name: string;
  readonly kind: ArgumentKind;
  /** May be left out, with all that follow. */
  readonly optional?: true;
  /** One or more of these; always the last. */
  readonly many?: true;
  /** An integer's least and greatest value, where the bounds are always the same. */
  readonly min?: number;
  readonly max?: number;
  /** Never shown: by SLOWLOG, by MONITOR, in logs. */
  readonly secret?: true;
  /** What an integer that is none or out of bounds is answered with, where Redis has words of its own. */
  readonly error?: string;
}

/**
 * Options that exclude each other: a token, and the arguments that follow it.
 * Groups are written in any order after the positional arguments.
 */
export type OptionGroup = Readonly<Record<string, readonly Argument[]>>;

/** `option` does not go with any of `others`. */
interface OptionConflict {
  readonly option: string;
  readonly others: readonly string[];
  readonly message: string;
}

/** How the gate and COMMAND see a command; the names are Redis's. */
export type CommandFlag =
  /** changes the keyspace */
  | 'write'
  /** reads keys, changes nothing */
  | 'readonly'
  /** may need memory, so is refused when there is none left */
  | 'denyoom'
  /** constant time or nearly so */
  | 'fast'
  /** for operators */
  | 'admin'
  /** allowed before authentication */
  | 'no_auth'
  /** allowed while the data is being loaded */
  | 'loading'
  /** not allowed inside a script */
  | 'noscript'
  /** not allowed inside a transaction */
  | 'no_multi'
  /** has to do with subscriptions */
  | 'pubsub'
  /** not in the slow log: what it sets off is there by itself */
  | 'skip_slowlog';

export type CommandGroup =
  | 'string'
  | 'bitmap'
  | 'generic'
  | 'transactions'
  | 'pubsub'
  | 'connection'
  | 'server';

/** What a native client gets back; the client's types are derived from it. */
export type NativeReply =
  /** the stored value, or absence */
  | 'value'
  /** an array of values and absences */
  | 'values'
  /** how many were written, and 0 for a refusal */
  | 'written'
  /** SET: `written`, or with GET the old value */
  | 'written-or-value'
  | 'integer'
  | 'integer-or-nil'
  /** a number, and a bigint outside the safe range */
  | 'integer64'
  /** a number, and a bigint for an integer outside the safe range */
  | 'number'
  | 'integers-or-nils'
  /** a string, or bytes that are none */
  | 'bytes'
  | 'bytes-or-nil'
  | 'text'
  | 'text-or-nil'
  | 'key-or-nil'
  | 'keys'
  /** the next cursor and the keys */
  | 'scan'
  | 'texts'
  /** text keys, any values */
  | 'map'
  /** described in the summary */
  | 'any';

/** What a RESP client gets back. */
export type RespReply =
  | 'ok'
  | 'ok-or-nil'
  | 'ok-nil-or-bulk'
  | 'simple'
  | 'integer'
  | 'integer-or-nil'
  | 'bulk'
  | 'bulk-or-nil'
  | 'array'
  | 'map';

/**
 * One row of the command table: everything there is to say about a command.
 * Arity, argument checks, key positions, handler and client types, COMMAND and
 * COMMANDS.md all come from it.
 */
export interface CommandRow {
  /** Upper case; a subcommand is written `CONTAINER SUBCOMMAND`. */
  readonly name: string;
  readonly group: CommandGroup;
  readonly summary: string;
  readonly complexity: string;
  readonly flags: readonly CommandFlag[];
  readonly args: readonly Argument[];
  /** `args` as a whole repeat, as in MSET key value [key value ...]. */
  readonly repeat?: true;
  /** The first argument says how often the others repeat; options follow them. */
  readonly counted?: true;
  readonly options?: readonly OptionGroup[];
  /** Options that Redis refuses together with words of its own, in its order. */
  readonly conflicts?: readonly OptionConflict[];
  /** How Redis answers an option that makes no sense, which `{option}` stands for; a syntax error if left out. */
  readonly unknownOption?: string;
  readonly reply: { readonly native: NativeReply; readonly resp: RespReply };
  /** What Redis's access control counts it among, beside what its group and flags say. */
  readonly category?: 'admin' | 'connection' | 'keyspace';
  /** Redis counts it among what is dangerous in the wrong hands, though it is not for operators only. */
  readonly dangerous?: true;
  /** The keyspace event that a write of it is, where that is not `set`; see `notify-keyspace-events`. */
  readonly event?: string;
  /** Of a command that writes: it reads the values of its keys as well, of the first, or of all others. */
  readonly reads?: 'all' | 'first' | 'others';
  /** Sending it twice leaves what sending it once leaves: a client may retry it by itself. */
  readonly idempotent: boolean;
  /** Tokens with which an idempotent command no longer is. */
  readonly notIdempotentWith?: readonly string[];
  /** Where this differs from Redis, for COMMANDS.md. */
  readonly differs?: string;
}

/** Checks a row's shape and keeps its literal types. */
export function command<const Row extends CommandRow>(row: Row): Row {
  return row;
}

export const key = { name: 'key', kind: 'key' } as const satisfies Argument;
export const value = { name: 'value', kind: 'value' } as const satisfies Argument;
export const keys = { name: 'key', kind: 'key', many: true } as const satisfies Argument;

/** The row of a container's HELP. */
export function help<const Container extends string, const Group extends CommandGroup>(
  container: Container,
  group: Group,
) {
  return {
    name: `${container} HELP`,
    group,
    summary: `The subcommands of ${container} and what they do.`,
    complexity: 'O(1)',
    flags: ['loading'],
    args: [],
    reply: { native: 'texts', resp: 'array' },
    idempotent: true,
  } as const;
}

/** A required integer argument. */
export function integer<const Name extends string>(name: Name) {
  return { name, kind: 'integer' } as const satisfies Argument;
}

/** A required integer argument that Redis has words of its own for when it is none. */
export function integerOr<const Name extends string>(name: Name, error: string) {
  return { name, kind: 'integer', error } as const satisfies Argument;
}

/** A required integer argument within bounds, and the error for all others. */
export function integerWithin<const Name extends string>(
  name: Name,
  [min, max]: readonly [min: number, max: number],
  error: string,
) {
  return { name, kind: 'integer', min, max, error } as const satisfies Argument;
}

/** A required text argument that nobody is to see. */
export function secret<const Name extends string>(name: Name) {
  return { name, kind: 'text', secret: true } as const satisfies Argument;
}

/** A required text argument. */
export function text<const Name extends string>(name: Name) {
  return { name, kind: 'text' } as const satisfies Argument;
}
