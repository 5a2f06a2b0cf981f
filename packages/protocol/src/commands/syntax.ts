import type { Argument, CommandRow, OptionGroup } from './row.ts';

/**
 * How a command is written, as Redis's documentation shows it: brackets around what
 * may be left out, bars between alternatives, dots after what repeats.
 *
 * @example
 * ```ts
 * commandSyntax(commandNamed('EXPIRE')); // 'EXPIRE key seconds [NX | XX] [GT | LT]'
 * ```
 */
export function commandSyntax(row: CommandRow): string {
  if (row.counted) return countedSyntax(row);
  const args = row.args.map(syntaxOf).join(' ');
  const parts = row.repeat
    ? [row.name, args, `[${args} ...]`]
    : [row.name, args, ...(row.options ?? []).map(groupSyntax)];
  return parts.filter((part) => part !== '').join(' ');
}

function countedSyntax(row: CommandRow): string {
  const [count, ...counted] = row.args.map(syntaxOf);
  const args = counted.join(' ');
  const options = (row.options ?? []).map(groupSyntax);
  return [row.name, count, args, `[${args} ...]`, ...options].join(' ');
}

function syntaxOf({ name, optional, many }: Argument): string {
  if (many) return optional ? `[${name} ...]` : `${name} [${name} ...]`;
  return optional ? `[${name}]` : name;
}

function groupSyntax(group: OptionGroup): string {
  const tokens = Object.entries(group).map(([token, operands]) =>
    [token, ...operands.map(syntaxOf)].join(' '),
  );
  return `[${tokens.join(' | ')}]`;
}
