// COMMAND DOCS: what redis-cli shows of a command, and builds its hints from.
import type { Argument, CommandRow, CompiledCommand, OptionGroup, ReplyWriter } from '@kv/protocol';
import { commandTitle } from '../command-title.ts';

/** The documentation of a command, or of a container with its subcommands. */
export function writeDocs(
  out: ReplyWriter,
  row: CommandRow | undefined,
  subcommands: readonly CompiledCommand[],
): void {
  const facts: [string, string][] = row
    ? [
        ['summary', row.summary],
        ['group', row.group],
        ['complexity', row.complexity],
      ]
    : [
        ['summary', 'A container for its subcommands.'],
        // redis-cli ends at once where a command is of no group.
        ['group', subcommands[0]?.row.group ?? 'generic'],
      ];
  const shown = row === undefined ? [] : argumentsOf(row);
  out.map(facts.length + (shown.length > 0 ? 1 : 0) + (subcommands.length > 0 ? 1 : 0));
  for (const [name, fact] of facts) {
    out.text(name);
    out.text(fact);
  }
  if (shown.length > 0) writeArguments(out, shown);
  if (subcommands.length === 0) return;
  out.text('subcommands');
  out.map(subcommands.length);
  for (const { row } of subcommands) {
    out.text(commandTitle({ row }));
    writeDocs(out, row, []);
  }
}

/** An argument as Redis describes it: of some type, perhaps behind a token, perhaps made of others. */
interface Shown {
  readonly name: string;
  readonly type: string;
  readonly token?: string;
  readonly flags: readonly string[];
  readonly parts?: readonly Shown[];
}

function argumentsOf({ args, repeat, counted, options = [] }: CommandRow): readonly Shown[] {
  const own = args.map(positional);
  const [count, ...groups] = own;
  const placed = repeat
    ? [block('data', own, ['multiple'])]
    : counted
      ? [count as Shown, block('data', groups, ['multiple'])]
      : own;
  return [...placed, ...options.map(optionGroup)];
}

function positional({ name, kind, optional, many }: Argument): Shown {
  const type = kind === 'key' || kind === 'integer' ? kind : 'string';
  return {
    name,
    type,
    flags: [...(optional ? ['optional'] : []), ...(many ? ['multiple'] : [])],
  };
}

const block = (name: string, parts: readonly Shown[], flags: readonly string[]): Shown => ({
  name,
  type: 'block',
  flags,
  parts,
});

function optionGroup(group: OptionGroup): Shown {
  const tokens = Object.entries(group).map(([token, operands]) => option(token, operands));
  const [only, ...others] = tokens as [Shown, ...Shown[]];
  if (others.length === 0) return { ...only, flags: [...only.flags, 'optional'] };
  const name = tokens.map((token) => token.name).join('-or-');
  return { name, type: 'oneof', flags: ['optional'], parts: tokens };
}

/** A token, and what follows it. */
function option(token: string, operands: readonly Argument[]): Shown {
  const [first, ...others] = operands;
  if (first === undefined)
    return { name: token.toLowerCase(), type: 'pure-token', token, flags: [] };
  if (others.length === 0) return { ...positional(first), token };
  return { ...block(token.toLowerCase(), operands.map(positional), []), token };
}

function writeArguments(out: ReplyWriter, all: readonly Shown[]): void {
  out.text('arguments');
  out.array(all.length);
  for (const { name, type, token, flags, parts } of all) {
    const extra = [token !== undefined, flags.length > 0, parts !== undefined];
    out.map(2 + extra.filter((isThere) => isThere).length);
    out.text('name');
    out.text(name);
    out.text('type');
    out.text(type);
    if (token !== undefined) {
      out.text('token');
      out.text(token);
    }
    if (flags.length > 0) {
      out.text('flags');
      // redis-cli ends at once if these are not statuses.
      out.set(flags.length);
      for (const flag of flags) out.status(flag);
    }
    if (parts !== undefined) writeArguments(out, parts);
  }
}
