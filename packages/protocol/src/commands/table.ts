import { bitmapRows } from './bitmap.ts';
import { connectionRows } from './connection.ts';
import { debugRows } from './debug.ts';
import { diagnosticsRows } from './diagnostics.ts';
import { genericRows } from './generic.ts';
import { memoryRows } from './memory.ts';
import { pubsubRows } from './pubsub.ts';
import type { CommandRow } from './row.ts';
import { serverRows } from './server.ts';
import { standaloneRows } from './standalone.ts';
import { stringRows } from './string.ts';
import { transactionRows } from './transactions.ts';

/**
 * THE command table. A command is written once, as a row here; its number
 * (`id`) is its place, and 0 is no command.
 */
export const COMMANDS = [
  ...stringRows,
  ...bitmapRows,
  ...genericRows,
  ...transactionRows,
  ...pubsubRows,
  ...connectionRows,
  ...serverRows,
  ...memoryRows,
  ...diagnosticsRows,
  ...debugRows,
  ...standaloneRows,
] as const;

/** A row of the table, with its literal types. */
export type Command = (typeof COMMANDS)[number];

/** The name of a command, such as `'SETEX'` or `'CLIENT ID'`. */
export type CommandName = Command['name'];

/** The row that has a name. */
export type CommandNamed<Name extends CommandName> = Extract<Command, { readonly name: Name }>;

/** The commands of one group, which one file of handlers implements. */
export type NamesOfGroup<Group extends CommandRow['group']> = Extract<
  Command,
  { readonly group: Group }
>['name'];

const byName = new Map<string, Command>(COMMANDS.map((row) => [row.name, row]));

/** The row of a command, by its upper-case name. */
export function commandNamed<Name extends CommandName>(name: Name): CommandNamed<Name>;
export function commandNamed(name: string): Command | undefined;
export function commandNamed(name: string): Command | undefined {
  return byName.get(name);
}
