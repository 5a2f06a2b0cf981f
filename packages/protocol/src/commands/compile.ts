import { type ErrorReply, errorReply } from '../errors.ts';
import type { Argument, ArgumentKind, CommandRow, OptionGroup } from './row.ts';
import { COMMANDS, type CommandName, type CommandNamed } from './table.ts';

/** An option token of a command, as the gate looks it up. */
export interface CompiledOption {
  readonly token: string;
  /** Where the request says what was given: see `RequestBatch.options`. */
  readonly slot: number;
  /** Options of one group exclude each other. */
  readonly group: number;
  readonly operands: readonly Argument[];
}

/** A row in the shape that the gate uses; nothing in it is written by hand. */
export interface CompiledCommand {
  /** 1 and up; the row's place in the table plus one. */
  readonly id: number;
  readonly row: CommandRow;
  /** `'CLIENT'` of `'CLIENT ID'`. */
  readonly container: string | undefined;
  /** It is a command by itself, and others with a second word: COMMAND. */
  readonly hasSubcommands: boolean;
  /** The flags that are asked for at every call. */
  readonly deniedWithoutMemory: boolean;
  readonly writes: boolean;
  readonly allowedWhileLoading: boolean;
  readonly allowedToStrangers: boolean;
  /** Its arguments are so many keys and values, or those again and again, but for options. */
  readonly plain: boolean;
  /** The least and the most arguments, the name not counted. */
  readonly argumentsMin: number;
  readonly argumentsMax: number;
  /** The kinds of the leading arguments. */
  readonly kinds: readonly ArgumentKind[];
  /** How many of the trailing `kinds` repeat to the end; 0 when none do. */
  readonly repeats: number;
  /** By upper-case token. */
  readonly options: ReadonlyMap<string, CompiledOption>;
  readonly optionCount: number;
  readonly conflicts: readonly CompiledConflict[];
  /** Redis's arity: the name counts, and negative means at least. */
  readonly arity: number;
  /** Redis's key positions: the name is 0, a last of -1 is the end. */
  readonly firstKey: number;
  readonly lastKey: number;
  readonly keyStep: number;
}

function optionsOf(groups: readonly OptionGroup[]): Map<string, CompiledOption> {
  const options = new Map<string, CompiledOption>();
  for (const [group, tokens] of groups.entries())
    for (const [token, operands] of Object.entries(tokens))
      options.set(token, { token, slot: options.size, group, operands });
  return options;
}

/** Options in a compiled form, and the error for those that do not go together. */
interface CompiledConflict {
  readonly slot: number;
  readonly others: readonly number[];
  readonly reply: ErrorReply;
}

function conflictsOf(
  { conflicts = [] }: CommandRow,
  options: ReadonlyMap<string, CompiledOption>,
): CompiledConflict[] {
  const slotOf = (token: string): number => (options.get(token) as CompiledOption).slot;
  return conflicts.map(({ option, others, message }) => ({
    slot: slotOf(option),
    others: others.map(slotOf),
    reply: errorReply(message),
  }));
}

/** The last of the keys that stand together in front. */
function lastKeyOf(args: readonly Argument[]): number {
  return args.findLastIndex((arg) => arg.kind === 'key');
}

function hasSubcommands(container: string): boolean {
  return COMMANDS.some(({ name }) => name.startsWith(`${container} `));
}

function compile(row: CommandRow, id: number): CompiledCommand {
  const { args, options = [] } = row;
  const words = row.name.split(' ').length;
  const last = args.at(-1);
  const repeats = row.repeat ? args.length : last?.many ? 1 : 0;
  const argumentsMin = args.filter((arg) => !arg.optional).length;
  // An option may be given again; the last of them counts.
  const unbounded = repeats > 0 || options.length > 0 || row.counted === true;
  const argumentsMax = unbounded ? Number.POSITIVE_INFINITY : args.length;
  const compiledOptions = optionsOf(options);
  // Where counted keys end, only the request says; Redis tells no positions either.
  const key = row.counted ? -1 : args.findIndex((arg) => arg.kind === 'key');
  const keysToTheEnd = row.repeat === true || (last?.many === true && last.kind === 'key');
  // COMMAND takes no argument itself, but its subcommands come with some.
  const fixed = argumentsMin === argumentsMax && !hasSubcommands(row.name);
  const flags: readonly string[] = row.flags;
  return {
    id,
    row,
    hasSubcommands: hasSubcommands(row.name),
    deniedWithoutMemory: flags.includes('denyoom'),
    writes: flags.includes('write'),
    allowedWhileLoading: flags.includes('loading'),
    allowedToStrangers: flags.includes('no_auth'),
    plain:
      (repeats === 0 || repeats === args.length) &&
      args.every((arg) => arg.kind === 'key' || arg.kind === 'value'),
    container: words > 1 ? row.name.slice(0, row.name.indexOf(' ')) : undefined,
    argumentsMin,
    argumentsMax,
    kinds: args.map((arg) => arg.kind),
    repeats,
    options: compiledOptions,
    conflicts: conflictsOf(row, compiledOptions),
    optionCount: options.reduce((n, tokens) => n + Object.keys(tokens).length, 0),
    arity: fixed ? argumentsMin + words : -(argumentsMin + words),
    firstKey: key < 0 ? 0 : key + words,
    lastKey: key < 0 ? 0 : keysToTheEnd ? -1 : lastKeyOf(args) + words,
    keyStep: key < 0 ? 0 : row.repeat ? args.length : 1,
  };
}

/** The compiled table: `COMPILED[id]`; place 0 is no command and stays empty. */
export const COMPILED: readonly (CompiledCommand | undefined)[] = [
  undefined,
  ...COMMANDS.map((row, at) => compile(row, at + 1)),
];

const byName = new Map<string, CompiledCommand>();
const containers = new Set<string>();
for (const compiled of COMPILED) {
  if (compiled === undefined) continue;
  byName.set(compiled.row.name, compiled);
  if (compiled.container !== undefined) containers.add(compiled.container);
}

/** The compiled row of an upper-case name, such as `'GET'` or `'CLIENT ID'`. */
export function compiledNamed(name: string): CompiledCommand | undefined {
  return byName.get(name);
}

/** Whether a name has subcommands. */
export function isContainer(name: string): boolean {
  return containers.has(name);
}

/** Subcommands of a container, in the table's order. */
export function subcommandsOf(container: string): readonly CompiledCommand[] {
  return [...byName.values()].filter((compiled) => compiled.container === container);
}

type TokensOf<Row> = Row extends { readonly options: readonly (infer Group)[] }
  ? Group extends unknown
    ? keyof Group & string
    : never
  : never;

/**
 * The slots of a command's options, by token. A slot of `RequestBatch.options`
 * is 0 where the option was not given.
 *
 * @example
 * ```ts
 * const Set = optionSlots('SET');
 * if (request.options[Set.NX] !== 0) { ... }
 * ```
 */
export function optionSlots<Name extends CommandName>(
  name: Name,
): Readonly<Record<TokensOf<CommandNamed<Name>>, number>> {
  const { options } = byName.get(name) as CompiledCommand;
  const slots = new Map([...options.values()].map(({ token, slot }) => [token, slot]));
  return Object.freeze(Object.fromEntries(slots)) as Record<TokensOf<CommandNamed<Name>>, number>;
}
