// COMMANDS.md, from the table. Not part of the package's interface: only
// scripts/write-commands.ts and a test use it.
import type { Argument, ArgumentKind, CommandRow, NativeReply, RespReply } from './row.ts';
import { commandSyntax } from './syntax.ts';
import { COMMANDS } from './table.ts';

const INTRODUCTION = `# Commands

Generated from the command table, \`src/commands/*.ts\`, by \`pnpm --filter @kv/protocol run commands\`: do not edit it here.

A native client (FORMAT.md) gets the native reply, a RESP client the other one.

- **Flags** are Redis's: \`write\` changes the keyspace, \`readonly\` reads it, \`denyoom\` may need memory, \`fast\` takes constant time or nearly so, \`admin\` is for operators, \`no_auth\` is allowed before signing in, \`loading\` is allowed while the data is being loaded, \`noscript\` is not allowed in a script, \`no_multi\` not in a transaction, \`pubsub\` has to do with subscriptions, \`skip_slowlog\` is not in the slow log itself.
- **Idempotent**: sending it twice leaves what sending it once leaves, so a client may send it again by itself after it lost its connection.
- Options may stand in any order behind the other arguments; those of one bracket exclude each other.
- An **integer** is a MessagePack number without a fraction, or decimal text, within 64 bits. A **key** is a string or bytes of up to 1 MiB. **Text** is a string of up to 1 MiB. A **value** is anything that FORMAT.md lets an argument be.
`;

const ARGUMENT: Readonly<Record<ArgumentKind, string>> = {
  key: 'key',
  value: 'value',
  text: 'text',
  integer: 'integer',
};

const NATIVE: Readonly<Record<NativeReply, string>> = {
  value: 'the value, or nil for an absent key',
  values: 'an array of values, nil for each absent key',
  written: 'how many were written',
  'written-or-value': '1 when written, 0 when refused; with GET the old value, or nil',
  integer: 'an integer',
  'integer-or-nil': 'an integer, or nil',
  integer64: 'an integer of 64 bits',
  number: 'a number',
  'integers-or-nils': 'an array of integers, and nil where an overflow was refused',
  bytes: 'a string, or bytes that are no UTF-8',
  'bytes-or-nil': 'bytes, or nil',
  text: 'a string',
  'text-or-nil': 'a string, or nil',
  'key-or-nil': 'a key, or nil',
  keys: 'an array of keys',
  scan: 'an array: the next cursor as a string, and an array of keys',
  texts: 'an array of strings',
  map: 'a map with string keys',
  any: 'see above',
};

const RESP: Readonly<Record<RespReply, string>> = {
  ok: '`+OK`',
  'ok-or-nil': '`+OK`, or nil',
  'ok-nil-or-bulk': '`+OK`, or nil when refused; with GET a bulk string or nil',
  simple: 'a simple string',
  integer: 'an integer',
  'integer-or-nil': 'an integer, or nil',
  bulk: 'a bulk string',
  'bulk-or-nil': 'a bulk string, or nil',
  array: 'an array',
  map: 'a map (RESP2: an array of pairs, flat)',
};

const GROUPS: readonly (readonly [CommandRow['group'], string])[] = [
  ['string', 'Strings'],
  ['bitmap', 'Bits'],
  ['generic', 'Keys of any kind'],
  ['transactions', 'Transactions'],
  ['pubsub', 'Publish and subscribe'],
  ['connection', 'Connection'],
  ['server', 'Server'],
];

const anchor = (name: string): string => name.toLowerCase().replaceAll(' ', '-');

function argumentsOf(row: CommandRow): string {
  const describe = ({ name, kind, optional, many }: Argument): string =>
    `\`${name}\` ${ARGUMENT[kind]}${many ? ', repeated' : ''}${optional ? ', optional' : ''}`;
  const operands = (row.options ?? []).flatMap((group) =>
    Object.entries(group).flatMap(([token, args]) =>
      args.map((arg) => `\`${token} ${arg.name}\` ${ARGUMENT[arg.kind]}`),
    ),
  );
  return [...row.args.map(describe), ...operands].join('; ') || 'none';
}

function idempotence({ idempotent, notIdempotentWith = [] }: CommandRow): string {
  if (!idempotent) return 'no';
  const tokens = notIdempotentWith.map((token) => `\`${token}\``);
  return tokens.length === 0 ? 'yes' : `yes, except with ${tokens.join(', ')}`;
}

function section(row: CommandRow): string {
  const facts = [
    ['Arguments', argumentsOf(row)],
    ['Reply, native', NATIVE[row.reply.native]],
    ['Reply, RESP', RESP[row.reply.resp]],
    ['Complexity', row.complexity],
    ['Flags', row.flags.join(', ') || 'none'],
    ['Idempotent', idempotence(row)],
    ...(row.differs === undefined ? [] : [['Differs from Redis', row.differs]]),
  ];
  const lines = facts.map(([name, fact]) => `- **${name}:** ${fact}`);
  return `### ${row.name}\n\n\`\`\`text\n${commandSyntax(row)}\n\`\`\`\n\n${row.summary}\n\n${lines.join('\n')}\n`;
}

/** The whole page. */
export function commandsPage(): string {
  const rows: readonly CommandRow[] = COMMANDS;
  const parts = GROUPS.map(([group, title]) => {
    const own = rows.filter((row) => row.group === group);
    const contents = own.map(({ name }) => `[${name}](#${anchor(name)})`).join(' · ');
    return `## ${title}\n\n${contents}\n\n${own.map(section).join('\n')}`;
  });
  return `${INTRODUCTION}\n${parts.join('\n')}`;
}
