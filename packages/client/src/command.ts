import {
  COMMANDS,
  type CommandRow,
  isContainer,
  type RequestName,
  requestName,
} from '@kv/protocol';
import { argumentText } from './argument-text.ts';

/** Commands that change the connection itself, so that the next one has to be told too. */
const TELLING = new Set(['SELECT', 'CLIENT SETNAME', 'AUTH', 'HELLO']);

/** Saving takes as long as it takes: the client's time limit is for the others. */
const UNHURRIED = new Set(['SAVE', 'SHUTDOWN']);

/** What there is to know of a command whatever its arguments are: found once, not for each call. */
export interface CommandKind {
  /** Upper case. */
  readonly name: string;
  /** As it stands in a request. */
  readonly words: RequestName;
  /** Of the command table, where it is in there. */
  readonly row: CommandRow | undefined;
  /** The next connection has to be told what this one is told by it. */
  readonly tells: boolean;
  /** Only its own time limit holds for it. */
  readonly unhurried: boolean;
}

function kind(name: string, row: CommandRow | undefined): CommandKind {
  const words = requestName(name);
  return { name, words, row, tells: TELLING.has(name), unhurried: UNHURRIED.has(name) };
}

const KINDS: ReadonlyMap<string, CommandKind> = new Map(
  COMMANDS.map((row: CommandRow) => [row.name, kind(row.name, row)]),
);

/** The kind of a command, by its upper-case name. */
export function kindOf(name: string): CommandKind {
  return KINDS.get(name) ?? kind(name, undefined);
}

/** A command with the arguments that are sent. */
export interface Command {
  readonly kind: CommandKind;
  readonly args: readonly unknown[];
}

/** What a name in any case and arguments mean: `CLIENT` with `ID` is `CLIENT ID`. */
export function commandOf(name: string, args: readonly unknown[]): Command {
  const word = name.toUpperCase();
  if (args.length > 0 && isContainer(word)) {
    const whole = KINDS.get(`${word} ${argumentText(args[0]).toUpperCase()}`);
    if (whole !== undefined) return { kind: whole, args: args.slice(1) };
  }
  return { kind: kindOf(word), args };
}

/** Whether a command changes the connection that everybody shares. */
export function changesConnection({ name, tells }: CommandKind): boolean {
  return tells || name === 'QUIT';
}

/** Whether a request may be sent again by itself: see `idempotent` in the command table. */
export function mayRepeat({ row }: CommandKind, args: readonly unknown[]): boolean {
  if (row === undefined || !row.idempotent) return false;
  const tokens = row.notIdempotentWith;
  if (tokens === undefined) return true;
  for (let i = row.args.length; i < args.length; i++)
    if (tokens.includes(argumentText(args[i]).toUpperCase())) return false;
  return true;
}
