// What COMMAND INFO says of keys and categories, in Redis's words, from the table.
import type { CommandRow, CompiledCommand, ReplyWriter } from '@kv/protocol';

/** Where some of a command's keys are, and what is done to them. */
interface KeySpec {
  /** The place of the first, the name of the command being 0. */
  readonly index: number;
  /** The last, counted from the first; -1 is the end. */
  readonly last: number;
  readonly step: number;
  readonly flags: readonly string[];
}

const READ = ['RO', 'access'];
/** What Redis says itself where it can't know: that the worst is assumed. */
const CHANGED = ['RW', 'access', 'update'];
const OVERWRITTEN = ['OW', 'update'];

/** The specs of a command; the keys of most are one run of arguments. */
function specsOf({ row, firstKey, lastKey, keyStep }: CompiledCommand): readonly KeySpec[] {
  if (firstKey === 0) return [];
  const last = lastKey < 0 ? -1 : lastKey - firstKey;
  const one = { index: firstKey, last: 0, step: keyStep };
  const rest = { index: firstKey + keyStep, last: last < 0 ? -1 : last - keyStep, step: keyStep };
  const isRead = row.flags.some((flag) => flag === 'readonly');
  if (row.reads === 'first')
    return [
      { ...one, flags: READ },
      { ...rest, flags: OVERWRITTEN },
    ];
  if (row.reads === 'others')
    return [
      { ...one, flags: OVERWRITTEN },
      { ...rest, flags: READ },
    ];
  return [{ index: firstKey, last, step: keyStep, flags: isRead ? READ : CHANGED }];
}

/** The key specs of a command, as an array of maps. */
export function writeKeySpecs(out: ReplyWriter, command: CompiledCommand): void {
  if (command.row.counted) {
    writeCountedSpec(out, command);
    return;
  }
  const specs = specsOf(command);
  out.array(specs.length);
  for (const { index, last, step, flags } of specs) {
    out.map(3);
    writeFlags(out, flags);
    writeBegin(out, index);
    out.text('find_keys');
    writeFind(out, 'range', [
      ['lastkey', last],
      ['keystep', step],
      ['limit', 0],
    ]);
  }
}

/** Of a command whose first argument says how many groups follow. */
function writeCountedSpec(out: ReplyWriter, { row }: CompiledCommand): void {
  out.array(1);
  out.map(3);
  writeFlags(out, CHANGED);
  writeBegin(out, 1);
  out.text('find_keys');
  writeFind(out, 'keynum', [
    ['keynumidx', 0],
    ['firstkey', 1],
    ['keystep', row.args.length - 1],
  ]);
}

function writeFlags(out: ReplyWriter, flags: readonly string[]): void {
  out.text('flags');
  out.set(flags.length);
  for (const flag of flags) out.status(flag);
}

function writeBegin(out: ReplyWriter, index: number): void {
  out.text('begin_search');
  writeFind(out, 'index', [['index', index]]);
}

function writeFind(
  out: ReplyWriter,
  type: string,
  spec: readonly (readonly [name: string, value: number])[],
): void {
  out.map(2);
  out.text('type');
  out.text(type);
  out.text('spec');
  out.map(spec.length);
  for (const [name, value] of spec) {
    out.text(name);
    out.integer(value);
  }
}

const CATEGORY_OF_GROUP: Readonly<Record<CommandRow['group'], string | undefined>> = {
  string: '@string',
  bitmap: '@bitmap',
  generic: '@keyspace',
  transactions: '@transaction',
  connection: '@connection',
  // It has a flag of its own.
  pubsub: undefined,
  server: undefined,
};

const CATEGORIES_OF_FLAG: ReadonlyMap<string, readonly string[]> = new Map([
  ['write', ['@write']],
  ['readonly', ['@read']],
  ['admin', ['@admin', '@dangerous']],
  ['pubsub', ['@pubsub']],
]);

/** The categories of a command that Redis's access control knows. */
export function categoriesOf({ group, flags, category, dangerous }: CommandRow): readonly string[] {
  const all: readonly string[] = flags;
  return [
    ...all.flatMap((flag) => CATEGORIES_OF_FLAG.get(flag) ?? []),
    ...(CATEGORY_OF_GROUP[group] === undefined ? [] : [CATEGORY_OF_GROUP[group]]),
    ...(category === undefined ? [] : [`@${category}`]),
    ...(dangerous ? ['@dangerous'] : []),
    all.includes('fast') ? '@fast' : '@slow',
  ];
}
