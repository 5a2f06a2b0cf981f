import { COMMANDS, type CommandRow } from '@kv/protocol';
import type { CallOptions } from './call.ts';
import { KvError } from './errors.ts';

/** Sends a command: what the methods are made on. */
export type Send = (
  name: string,
  args: readonly unknown[],
  options: CallOptions,
) => Promise<unknown>;

/** `CLIENT ID` is `clientId`. */
export function methodName(command: string): string {
  const [head = '', tail] = command.toLowerCase().split(' ');
  return tail === undefined ? head : `${head}${tail[0]?.toUpperCase()}${tail.slice(1)}`;
}

/** The methods' names and what each sends, from the table. */
export const METHODS: ReadonlyMap<string, CommandRow> = new Map(
  COMMANDS.map((row: CommandRow) => [methodName(row.name), row]),
);

/** Calls a command as a method: positional arguments, then an object of options. */
export function callMethod(
  send: Send,
  row: CommandRow,
  args: readonly unknown[],
): Promise<unknown> {
  const variadic = row.repeat || row.args.at(-1)?.many;
  if (variadic) return send(row.name, args, {});
  const positional = args.slice(0, row.args.length);
  const rest = args.slice(row.args.length);
  // An optional argument may be left out in front of the options.
  const last = positional.at(-1);
  if (rest.length === 0 && isOptions(row, positional.length, last)) rest.push(positional.pop());
  while (positional.length > 0 && positional.at(-1) === undefined) positional.pop();
  if (rest.length > 1 || (rest[0] !== undefined && !isPlain(rest[0])))
    return Promise.reject(
      new KvError('INVALID_ARGUMENT', `${row.name}: options are one object behind the arguments`),
    );
  const { signal, timeoutMs, ...options } = (rest[0] ?? {}) as CallOptions &
    Record<string, unknown>;
  try {
    return send(row.name, [...positional, ...optionWords(row, options)], { signal, timeoutMs });
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Whether what stands in the place of an optional argument is the object of options. */
function isOptions(row: CommandRow, count: number, last: unknown): boolean {
  return row.args[count - 1]?.optional === true && isPlain(last);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

/** `{ ex: 10, nx: true }` as the words `EX 10 NX`. */
export function optionWords(
  row: CommandRow,
  options: Readonly<Record<string, unknown>>,
): unknown[] {
  const words: unknown[] = [];
  const known = new Map((row.options ?? []).flatMap((group) => Object.entries(group)));
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    const operands = known.get(name.toUpperCase());
    if (operands === undefined)
      throw new KvError('INVALID_ARGUMENT', `${row.name} has no option ${name}`);
    words.push(name.toUpperCase());
    if (operands.length === 0) continue;
    if (Array.isArray(value)) words.push(...value);
    else words.push(value);
  }
  return words;
}
