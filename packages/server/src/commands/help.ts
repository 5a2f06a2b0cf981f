import { commandSyntax, subcommandsOf } from '@kv/protocol';
import type { Handler } from '../handler.ts';

/** A container's HELP: its subcommands, as the table has them, in the form that Redis gives it. */
export function commandHelp(container: string): Handler {
  return (_request, _session, out) => {
    const lines = [
      `${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
      ...subcommandsOf(container).flatMap(({ row }) => [
        commandSyntax(row).slice(container.length + 1),
        `    ${row.summary}`,
      ]),
    ];
    out.array(lines.length);
    for (const line of lines) out.status(line);
  };
}
