import { expect, test } from 'vitest';
import { RequestBatch } from '../request-batch.ts';
import { COMPILED, compiledNamed, isContainer, optionSlots, subcommandsOf } from './compile.ts';
import { commandId, commandIdWithin, containerOf } from './lookup.ts';
import type { CommandRow } from './row.ts';
import { COMMANDS, commandNamed } from './table.ts';

const rows: readonly CommandRow[] = COMMANDS;
const idOf = (name: string): number => {
  const bytes = Buffer.from(`x${name}x`);
  return commandId(bytes, 1, bytes.length - 2);
};

/** Redis 7.0: arity, the flags that the table also has, first key, last key, step. */
const REDIS: Readonly<Record<string, readonly [number, string, number, number, number]>> = {
  BGREWRITEAOF: [1, 'admin noscript', 0, 0, 0],
  GET: [2, 'fast readonly', 1, 1, 1],
  SET: [-3, 'denyoom write', 1, 1, 1],
  GETSET: [3, 'denyoom fast write', 1, 1, 1],
  GETDEL: [2, 'fast write', 1, 1, 1],
  SETEX: [4, 'denyoom write', 1, 1, 1],
  PSETEX: [4, 'denyoom write', 1, 1, 1],
  SETNX: [3, 'denyoom fast write', 1, 1, 1],
  APPEND: [3, 'denyoom fast write', 1, 1, 1],
  STRLEN: [2, 'fast readonly', 1, 1, 1],
  MSET: [-3, 'denyoom write', 1, -1, 2],
  MGET: [-2, 'fast readonly', 1, -1, 1],
  INCR: [2, 'denyoom fast write', 1, 1, 1],
  INCRBY: [3, 'denyoom fast write', 1, 1, 1],
  DECR: [2, 'denyoom fast write', 1, 1, 1],
  DECRBY: [3, 'denyoom fast write', 1, 1, 1],
  INCRBYFLOAT: [3, 'denyoom fast write', 1, 1, 1],
  GETEX: [-2, 'fast write', 1, 1, 1],
  GETRANGE: [4, 'readonly', 1, 1, 1],
  SUBSTR: [4, 'readonly', 1, 1, 1],
  SETRANGE: [4, 'denyoom write', 1, 1, 1],
  MSETNX: [-3, 'denyoom write', 1, -1, 2],
  LCS: [-3, 'readonly', 1, 2, 1],
  SETBIT: [4, 'denyoom write', 1, 1, 1],
  GETBIT: [3, 'fast readonly', 1, 1, 1],
  BITCOUNT: [-2, 'readonly', 1, 1, 1],
  BITPOS: [-3, 'readonly', 1, 1, 1],
  BITOP: [-4, 'denyoom write', 2, -1, 1],
  BITFIELD: [-2, 'denyoom write', 1, 1, 1],
  BITFIELD_RO: [-2, 'fast readonly', 1, 1, 1],
  DEL: [-2, 'write', 1, -1, 1],
  EXISTS: [-2, 'fast readonly', 1, -1, 1],
  UNLINK: [-2, 'fast write', 1, -1, 1],
  TOUCH: [-2, 'fast readonly', 1, -1, 1],
  EXPIRETIME: [2, 'fast readonly', 1, 1, 1],
  PEXPIRETIME: [2, 'fast readonly', 1, 1, 1],
  RENAME: [3, 'write', 1, 2, 1],
  RENAMENX: [3, 'fast write', 1, 2, 1],
  COPY: [-3, 'denyoom write', 1, 2, 1],
  MOVE: [3, 'fast write', 1, 1, 1],
  DUMP: [2, 'readonly', 1, 1, 1],
  RESTORE: [-4, 'denyoom write', 1, 1, 1],
  'OBJECT ENCODING': [3, 'readonly', 2, 2, 1],
  'OBJECT REFCOUNT': [3, 'readonly', 2, 2, 1],
  'OBJECT FREQ': [3, 'readonly', 2, 2, 1],
  'OBJECT IDLETIME': [3, 'readonly', 2, 2, 1],
  'OBJECT HELP': [2, 'loading', 0, 0, 0],
  'CLIENT HELP': [2, 'loading', 0, 0, 0],
  'CONFIG HELP': [2, 'loading', 0, 0, 0],
  'COMMAND HELP': [2, 'loading', 0, 0, 0],
  'MEMORY HELP': [2, 'loading', 0, 0, 0],
  'SLOWLOG GET': [-2, 'admin loading', 0, 0, 0],
  'SLOWLOG LEN': [2, 'admin loading', 0, 0, 0],
  'SLOWLOG RESET': [2, 'admin loading', 0, 0, 0],
  'SLOWLOG HELP': [2, 'loading', 0, 0, 0],
  MONITOR: [1, 'admin loading noscript', 0, 0, 0],
  'LATENCY LATEST': [2, 'admin loading noscript', 0, 0, 0],
  'LATENCY HISTORY': [3, 'admin loading noscript', 0, 0, 0],
  'LATENCY RESET': [-2, 'admin loading noscript', 0, 0, 0],
  'LATENCY GRAPH': [3, 'admin loading noscript', 0, 0, 0],
  'LATENCY DOCTOR': [2, 'admin loading noscript', 0, 0, 0],
  'LATENCY HISTOGRAM': [-2, 'admin loading noscript', 0, 0, 0],
  'LATENCY HELP': [2, 'loading', 0, 0, 0],
  'MEMORY STATS': [2, '', 0, 0, 0],
  'MEMORY DOCTOR': [2, '', 0, 0, 0],
  'MEMORY PURGE': [2, '', 0, 0, 0],
  'MEMORY MALLOC-STATS': [2, '', 0, 0, 0],
  'CONFIG REWRITE': [2, 'admin loading noscript', 0, 0, 0],
  SWAPDB: [3, 'fast write', 0, 0, 0],
  MULTI: [1, 'fast loading noscript', 0, 0, 0],
  EXEC: [1, 'loading noscript skip_slowlog', 0, 0, 0],
  DISCARD: [1, 'fast loading noscript', 0, 0, 0],
  WATCH: [-2, 'fast loading noscript', 1, -1, 1],
  UNWATCH: [1, 'fast loading noscript', 0, 0, 0],
  SUBSCRIBE: [-2, 'loading noscript pubsub', 0, 0, 0],
  UNSUBSCRIBE: [-1, 'loading noscript pubsub', 0, 0, 0],
  PSUBSCRIBE: [-2, 'loading noscript pubsub', 0, 0, 0],
  PUNSUBSCRIBE: [-1, 'loading noscript pubsub', 0, 0, 0],
  PUBLISH: [3, 'fast loading pubsub', 0, 0, 0],
  'PUBSUB CHANNELS': [-2, 'loading noscript pubsub', 0, 0, 0],
  'PUBSUB NUMSUB': [-2, 'loading noscript pubsub', 0, 0, 0],
  'PUBSUB NUMPAT': [2, 'loading noscript pubsub', 0, 0, 0],
  'PUBSUB SHARDCHANNELS': [-2, 'loading noscript pubsub', 0, 0, 0],
  'PUBSUB SHARDNUMSUB': [-2, 'loading noscript pubsub', 0, 0, 0],
  'PUBSUB HELP': [2, 'loading', 0, 0, 0],
  TIME: [1, 'fast loading', 0, 0, 0],
  ROLE: [1, 'fast loading noscript', 0, 0, 0],
  WAIT: [3, 'noscript', 0, 0, 0],
  REPLICAOF: [3, 'admin noscript', 0, 0, 0],
  SLAVEOF: [3, 'admin noscript', 0, 0, 0],
  'ACL WHOAMI': [2, 'loading noscript', 0, 0, 0],
  'ACL HELP': [2, 'loading', 0, 0, 0],
  'FUNCTION FLUSH': [-2, 'noscript write', 0, 0, 0],
  'FUNCTION LIST': [-2, 'noscript', 0, 0, 0],
  'FUNCTION HELP': [2, 'loading', 0, 0, 0],
  'MODULE LIST': [2, 'admin noscript', 0, 0, 0],
  'MODULE HELP': [2, 'loading', 0, 0, 0],
  BGSAVE: [-1, 'admin noscript', 0, 0, 0],
  LOLWUT: [-1, 'fast readonly', 0, 0, 0],
  TYPE: [2, 'fast readonly', 1, 1, 1],
  EXPIRE: [-3, 'fast write', 1, 1, 1],
  PEXPIRE: [-3, 'fast write', 1, 1, 1],
  EXPIREAT: [-3, 'fast write', 1, 1, 1],
  PEXPIREAT: [-3, 'fast write', 1, 1, 1],
  TTL: [2, 'fast readonly', 1, 1, 1],
  PTTL: [2, 'fast readonly', 1, 1, 1],
  PERSIST: [2, 'fast write', 1, 1, 1],
  SCAN: [-2, 'readonly', 0, 0, 0],
  KEYS: [2, 'readonly', 0, 0, 0],
  RANDOMKEY: [1, 'readonly', 0, 0, 0],
  ECHO: [2, 'fast loading', 0, 0, 0],
  HELLO: [-1, 'fast loading no_auth noscript', 0, 0, 0],
  AUTH: [-2, 'fast loading no_auth noscript', 0, 0, 0],
  SELECT: [2, 'fast loading', 0, 0, 0],
  'CLIENT ID': [2, 'loading noscript', 0, 0, 0],
  'CLIENT SETNAME': [3, 'loading noscript', 0, 0, 0],
  'CLIENT GETNAME': [2, 'loading noscript', 0, 0, 0],
  'CLIENT LIST': [-2, 'admin loading noscript', 0, 0, 0],
  'CLIENT INFO': [2, 'loading noscript', 0, 0, 0],
  'CLIENT KILL': [-3, 'admin loading noscript', 0, 0, 0],
  'CLIENT NO-EVICT': [3, 'admin loading noscript', 0, 0, 0],
  'CLIENT REPLY': [3, 'loading noscript', 0, 0, 0],
  'CLIENT PAUSE': [-3, 'admin loading noscript', 0, 0, 0],
  'CLIENT UNBLOCK': [-3, 'admin loading noscript', 0, 0, 0],
  'CLIENT UNPAUSE': [2, 'admin loading noscript', 0, 0, 0],
  RESET: [1, 'fast loading no_auth noscript', 0, 0, 0],
  'CONFIG SET': [-4, 'admin loading noscript', 0, 0, 0],
  'CONFIG RESETSTAT': [2, 'admin loading noscript', 0, 0, 0],
  'MEMORY USAGE': [-3, 'readonly', 2, 2, 1],
  FLUSHDB: [-1, 'write', 0, 0, 0],
  FLUSHALL: [-1, 'write', 0, 0, 0],
  SAVE: [1, 'admin no_multi noscript', 0, 0, 0],
  LASTSAVE: [1, 'fast loading', 0, 0, 0],
  DBSIZE: [1, 'fast readonly', 0, 0, 0],
  INFO: [-1, 'loading', 0, 0, 0],
  SHUTDOWN: [-1, 'admin loading no_multi noscript', 0, 0, 0],
  'CONFIG GET': [-3, 'admin loading noscript', 0, 0, 0],
  COMMAND: [-1, 'loading', 0, 0, 0],
  'COMMAND COUNT': [2, 'loading', 0, 0, 0],
  'COMMAND LIST': [-2, 'loading', 0, 0, 0],
  'COMMAND INFO': [-2, 'loading', 0, 0, 0],
  'COMMAND DOCS': [-2, 'loading', 0, 0, 0],
  'COMMAND GETKEYS': [-4, 'loading', 0, 0, 0],
};

test.each(Object.entries(REDIS))(
  '%s has the arity, flags and key positions of Redis',
  (name, facts) => {
    const { arity, row, firstKey, lastKey, keyStep } = compiledNamed(name) as NonNullable<
      ReturnType<typeof compiledNamed>
    >;
    expect([arity, [...row.flags].sort().join(' '), firstKey, lastKey, keyStep]).toEqual(facts);
  },
);

test('what differs from Redis on purpose is exactly this', () => {
  // PING answers while loading; CLUSTER has no subcommands; QUIT takes no arguments; three came with Redis 7.2, three later
  // with Valkey or Redis 8; the others are our own.
  const later = ['CLIENT NO-TOUCH', 'CLIENT SETINFO'];
  const newer = ['DELIFEQ', 'INCREX', 'MSETEX'];
  // Redis counts shard channels as keys, for its cluster.
  const shard = ['SPUBLISH', 'SSUBSCRIBE', 'SUNSUBSCRIBE'];
  // Redis's DEBUG is one command, whatever word follows.
  const debug = rows.map(({ name }) => name).filter((name) => name.startsWith('DEBUG '));
  const own = ['DELETE', 'DELMATCH', 'FLUSH'];
  const known = [
    'CLUSTER',
    ...later,
    ...debug,
    ...newer,
    ...own,
    ...shard,
    'PING',
    'QUIT',
    'WAITAOF',
  ].sort();
  expect(
    rows
      .map(({ name }) => name)
      .filter((name) => !(name in REDIS))
      .sort(),
  ).toEqual(known);
});

test('every row compiles, under a name of its own', () => {
  expect(COMPILED).toHaveLength(rows.length + 1);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  for (const row of rows) {
    expect(row.name).toMatch(/^[A-Z]+(_[A-Z]+|( [A-Z]+(-[A-Z]+)*))?$/);
    expect(compiledNamed(row.name)?.row).toBe(row);
    expect(commandNamed(row.name)).toBe(row);
    expect(COMPILED[compiledNamed(row.name)?.id as number]?.row).toBe(row);
  }
});

test('option tokens are unique in their row, upper case, short, and have places in a batch', () => {
  for (const row of rows) {
    const tokens = (row.options ?? []).flatMap((group) => Object.keys(group));
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const token of tokens) expect(token).toMatch(/^[A-Z]{1,32}$/);
    for (const token of row.notIdempotentWith ?? []) expect(tokens).toContain(token);
    expect(tokens.length).toBeLessThanOrEqual(new RequestBatch().options.length);
  }
  expect(optionSlots('EXPIRE')).toEqual({ NX: 0, XX: 1, GT: 2, LT: 3 });
});

test('optional arguments come last, and only the last repeats', () => {
  for (const { args, repeat, options } of rows) {
    const firstOptional = args.findIndex(({ optional }) => optional);
    if (firstOptional >= 0) expect(args.slice(firstOptional).every((a) => a.optional)).toBe(true);
    expect(args.slice(0, -1).some(({ many }) => many)).toBe(false);
    if (repeat || args.at(-1)?.many) expect(options).toBeUndefined();
  }
});

test('every name is found in any case, and nothing beside it', () => {
  for (const { name } of rows) {
    if (name.includes(' ')) continue;
    const { id } = compiledNamed(name) as { id: number };
    const mixed = [...name].map((c, i) => (i % 2 ? c.toLowerCase() : c)).join('');
    for (const form of [name, name.toLowerCase(), mixed]) expect(idOf(form)).toBe(id);
    for (const form of [`${name}X`, ` ${name}`, name.slice(0, -1), `${name}\0`])
      expect(idOf(form)).not.toBe(id);
  }
});

test.each([
  '',
  'NOSUCH',
  '__proto__',
  'constructor',
  'toString',
  'G'.repeat(1000),
  'CLIENT ID',
  'ſet',
])('%j is no command', (name) => expect(idOf(name)).toBe(0));

test('letters only match letters: a byte 0x20 away from another is something else', () => {
  expect(idOf('GE\x14')).toBe(0);
  expect(idOf('\x07ET')).toBe(0);
});

test('containers have numbers of their own, and COMMAND is a command too', () => {
  for (const name of ['CLIENT', 'CONFIG']) {
    expect(idOf(name.toLowerCase())).toBeLessThan(-1);
    expect(containerOf(idOf(name))).toBe(name);
  }
  expect(isContainer('COMMAND')).toBe(true);
  expect(idOf('command')).toBe(compiledNamed('COMMAND')?.id);
  expect(containerOf(idOf('GET'))).toBeUndefined();
  expect(subcommandsOf('CONFIG').map(({ row }) => row.name)).toEqual([
    'CONFIG GET',
    'CONFIG SET',
    'CONFIG RESETSTAT',
    'CONFIG REWRITE',
    'CONFIG HELP',
  ]);
  expect(subcommandsOf('GET')).toEqual([]);
});

test('a name within a request is found as any other, and so is what differs from it by a bit', () => {
  const within = (bytes: Uint8Array): number =>
    commandIdWithin(bytes, new DataView(bytes.buffer), 1, bytes.length - 3);
  let found = 0;
  for (const { name } of rows)
    for (const text of [name, name.toLowerCase(), `${name}X`, name.slice(1)]) {
      const bytes = new TextEncoder().encode(`*${text}\r\n`);
      const id = commandId(bytes, 1, text.length);
      expect(within(bytes), text).toBe(id);
      if (id > 0) found++;
      for (let bit = 8; bit < 8 * (text.length + 1); bit++) {
        const other = bytes.slice();
        other[bit >>> 3] = (other[bit >>> 3] as number) ^ (1 << (bit & 7));
        expect(within(other), `${text}, bit ${bit}`).toBe(commandId(other, 1, text.length));
      }
    }
  expect(found).toBeGreaterThan(rows.length);
});
