import { type CommandRow, commandNamed } from '@kv/protocol';
import { argumentText } from './argument-text.ts';

/** Whether a request may be sent again by itself: see `idempotent` in the command table. */
export function mayRepeat(name: string, args: readonly unknown[]): boolean {
  const row: CommandRow | undefined = commandNamed(name);
  if (row === undefined || !row.idempotent) return false;
  const tokens = row.notIdempotentWith;
  if (tokens === undefined) return true;
  for (let i = row.args.length; i < args.length; i++)
    if (tokens.includes(argumentText(args[i]).toUpperCase())) return false;
  return true;
}
