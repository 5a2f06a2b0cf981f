// What the command table promises of every row. That each has a handler and a line in the oracle's
// grammar the compiler asks for, and the server when it starts.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COMMANDS, type CommandRow, commandSyntax } from '@kv/protocol';
import { createClient } from 'redis';
import { expect, it } from 'vitest';
import { kvdWithClient } from './kvd-with-client.ts';
import { comparedCommands } from './oracle/groups.ts';
import { RedisWithClock, redisVersion } from './oracle/redis-with-clock.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const rows: readonly CommandRow[] = COMMANDS;
const { clock, kvd, client } = await kvdWithClient();

/** `CLIENT NO-EVICT` is `clientNoEvict`. */
const methodName = (command: string): string =>
  command.toLowerCase().replaceAll(/[ _-](.)/g, (_, letter: string) => letter.toUpperCase());

it('is known to a running server, by its name', async () => {
  const names = rows.map(({ name }) => name.toLowerCase().replace(' ', '|'));
  const infos = (await client.commandInfo(...names)) as (readonly unknown[] | null)[];
  expect(infos.map((info) => info?.[0])).toEqual(names);
});

it('has a typed method of the client', () => {
  const methods = client as unknown as Record<string, unknown>;
  const missing = rows.filter(({ name }) => typeof methods[methodName(name)] !== 'function');
  expect(missing.map(({ name }) => name)).toEqual([]);
});

it('has a section in COMMANDS.md, with its complexity and what differs from Redis', () => {
  const page = readFileSync(`${root}packages/protocol/COMMANDS.md`, 'utf8');
  const sections = new Map(page.split('\n### ').map((text) => [text.split('\n')[0], text]));
  const lacking = rows.filter((row) => {
    const section = sections.get(row.name) ?? '';
    const facts = [commandSyntax(row), row.summary, `**Complexity:** ${row.complexity}`];
    if (row.differs !== undefined) facts.push(`**Differs from Redis:** ${row.differs}`);
    return facts.some((fact) => !section.includes(fact));
  });
  expect(lacking.map(({ name }) => name)).toEqual([]);
});

it('has a test: the oracle compares it with redis-server, or a test sends it', () => {
  const patterns = ['packages/*/src/**/*.test.ts', 'apps/kvd/{src,test}/**/*.test.ts'];
  const self = fileURLToPath(import.meta.url);
  const files = globSync(patterns, { cwd: root }).map((file) => `${root}${file}`);
  const tests = files.filter((file) => file !== self).map((file) => readFileSync(file, 'utf8'));
  const compared = comparedCommands();
  const isSent = (name: string): boolean => {
    const word = name.replace(' ', `(?: |['"], ['"])`);
    const sent = new RegExp(`['"\`]${word}['"\` \\\\]|\\.${methodName(name)}\\(`, 'i');
    return tests.some((text) => sent.test(text));
  };
  const untested = rows.filter(({ name }) => !compared.has(name) && !isSent(name));
  expect(untested.map(({ name }) => name)).toEqual([]);
});

/** Where the keys of a command are, by its key specs: `1 2`, or `1..` for all from there on. */
function keyPlaces(specs: unknown): string {
  const all = specs as {
    begin_search: { spec: { index: number } };
    find_keys: { spec: { lastkey: number } };
  }[];
  return all
    .map(({ begin_search: { spec: begin }, find_keys: { spec: find } }) => {
      if (find.lastkey === undefined) return `counted at ${begin.index}`;
      if (find.lastkey < 0) return `${begin.index}..`;
      return Array.from({ length: find.lastkey + 1 }, (_, i) => begin.index + i).join(' ');
    })
    .join(' ');
}

it.skipIf(redisVersion() === undefined)(
  'is described to clients as redis-server describes it (skipped where it or libfaketime is not installed)',
  async () => {
    const redis = await RedisWithClock.start(clock.now());
    const names = rows
      .filter(({ group }) => group !== 'server' && group !== 'pubsub')
      .map(({ name }) => name.toLowerCase().replace(' ', '|'));
    const described = await Promise.all(
      [redis.port, kvd.port].map(async (port) => {
        const asking = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 3 });
        await asking.connect();
        const infos = (await asking.sendCommand(['COMMAND', 'INFO', ...names])) as unknown[][];
        asking.destroy();
        return infos.map(
          (info) =>
            info && {
              name: info[0],
              categories: [...(info[6] as Set<string> | string[])].sort(),
              keys: keyPlaces(info[8]),
            },
        );
      }),
    ).finally(() => redis.stop());
    const [theirs = [], ours = []] = described;
    // What newer servers have, or we alone, is not there.
    const both = theirs.flatMap((their, i) => (their ? [[their, ours[i]] as const] : []));
    expect(both.length).toBeGreaterThan(70);
    expect(both.map(([, our]) => our)).toEqual(both.map(([their]) => their));
  },
);
