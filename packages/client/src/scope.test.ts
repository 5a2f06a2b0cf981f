import { getEventListeners } from 'node:events';
import { COMMANDS, type CommandRow, compiledNamed } from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer, integer, key, list, text, value } from '../test/fake-server.ts';
import { ManualTimers } from '../test/manual-timers.ts';
import { rejection } from '../test/outcome.ts';
import { kindOf } from './command.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';
import { Scope } from './scope.ts';

let server: FakeServer;
let client: KvClient;
const timers = new ManualTimers();

beforeEach(async () => {
  server = await FakeServer.listen(() => integer(1));
  client = await connect({ url: server.url, timers });
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
});

const rows: readonly CommandRow[] = COMMANDS;
const withKeys = rows.filter((row) => row.args.some(({ kind }) => kind === 'key'));

describe('a prefix', () => {
  test.each(withKeys.map((row) => [row.name]))('is put on every key of %s', (name) => {
    const { row, firstKey, lastKey, keyStep } = compiledNamed(name) as NonNullable<
      ReturnType<typeof compiledNamed>
    >;
    // Two rounds of the arguments where they repeat, then an option.
    const rounds = row.repeat || row.args.at(-1)?.many ? 2 : 1;
    const words = Array.from({ length: rounds }, () => row.args)
      .flat()
      .map((_, i) => `w${i}`);
    if (rounds === 1) words.push('option');
    const scoped = Scope.whole().narrowed({ prefix: 'p:' }).arguments(kindOf(name), words);
    // Positions count the words of a name, too.
    const behind = name.split(' ').length - 1;
    const last = lastKey < 0 ? words.length : lastKey - behind;
    const expected = words.map((word, i) => {
      const place = i + 1 + behind - firstKey;
      return place >= 0 && i < last && place % keyStep === 0 ? `p:${word}` : word;
    });
    expect(scoped).toEqual(expected);
  });

  test('is put on keys that are strings or bytes, and refuses other keys', async () => {
    const view = client.with({ prefix: 'é:' });
    await view.incr(Uint8Array.of(0xff));
    expect(Buffer.from(server.last.requests[0]?.args[0] as Uint8Array)).toEqual(
      Buffer.concat([Buffer.from('é:'), Buffer.of(0xff)]),
    );
    expect(await rejection(view.incr(7 as unknown as string))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  test('of a view of a view stands behind the first', async () => {
    await client.with({ prefix: 'a:' }).with({ prefix: 'b:' }).incr('k');
    expect(server.last.lines).toEqual(['INCR a:b:k']);
  });

  test('is taken off the keys of KEYS and SCAN', async () => {
    const keys = list(key('p:a'), key(Buffer.from([0x70, 0x3a, 0xff])));
    server.script = ({ name }) => (name === 'KEYS' ? keys : list(text('0'), keys));
    const view = client.with({ prefix: 'p:' });
    expect(await view.keys('*')).toEqual(['a', Uint8Array.of(0xff)]);
    expect(await view.execute('SCAN', '0')).toEqual(['0', ['a', Uint8Array.of(0xff)]]);
    const scanned: unknown[] = [];
    for await (const name of view.scan()) scanned.push(name);
    expect(scanned).toEqual(['a', Uint8Array.of(0xff)]);
  });

  test('means itself in patterns, whatever characters it has', async () => {
    server.script = ({ name }) => (name === 'KEYS' ? list() : list(text('0'), list()));
    const view = client.with({ prefix: 'a*?[b]^-\\:' });
    const escaped = 'a\\*\\?\\[b]^-\\\\:';
    await view.keys('x*');
    await view.keys(Buffer.from('x*'));
    await view.execute('SCAN', '0');
    await view.execute('SCAN', '0', 'COUNT', 5, 'match', 'x?');
    await view.execute('SCAN', '0', 'TYPE', 'match', Buffer.from('MATCH'), Buffer.from('x?'));
    expect(
      server.last.requests.map(({ args }) =>
        args.map((arg) => (arg instanceof Uint8Array ? Buffer.from(arg).toString() : arg)),
      ),
    ).toEqual([
      [`${escaped}x*`],
      [`${escaped}x*`],
      ['0', 'MATCH', `${escaped}*`],
      ['0', 'COUNT', 5, 'match', `${escaped}x?`],
      ['0', 'TYPE', 'match', 'MATCH', `${escaped}x?`],
    ]);
  });

  test('refuses what would reach beyond it with UNSUPPORTED', async () => {
    const view = client.with({ prefix: 'p:' });
    const calls = [
      view.randomkey(),
      view.execute('FLUSH'),
      view.execute('DBSIZE'),
      view.execute('WHATEVER', 'k'),
    ];
    for (const call of calls) expect(await rejection(call)).toMatchObject({ code: 'UNSUPPORTED' });
    expect(client.pending).toBe(0);
  });
});

describe('a view', () => {
  test('refuses what would change the connection for everybody', async () => {
    for (const view of [client.with({}), client.with({ prefix: 'p:' })]) {
      const calls = [
        view.select(1),
        view.auth('secret'),
        view.hello(1),
        view.clientSetname('x'),
        view.execute('QUIT'),
        view.execute('client', 'setname', 'x'),
      ];
      for (const call of calls)
        expect(await rejection(call)).toMatchObject({ code: 'UNSUPPORTED' });
    }
    expect(client.state).toBe('ready');
  });

  test('has a TTL for set, setMany and getOrSet, unless another is said', async () => {
    server.script = ({ name }) => (name === 'GET' ? (out) => out.absent() : integer(1));
    const view = client.with({ ttlMs: 500 });
    await view.set('a', 1);
    await view.set('b', 1, { ttlMs: 9 });
    await view.set('c', 1, { keepTtl: true });
    await view.set('d', 1, { deadline: 5e12 });
    await view.setMany([['e', 1]]);
    await view.with({ ttlMs: 7 }).getOrSet('f', () => 1);
    expect(server.last.lines).toEqual([
      'SET a 1 PX 500',
      'SET b 1 PX 9',
      'SET c 1 KEEPTTL',
      'SET d 1 PXAT 5000000000000',
      'SET e 1 PX 500',
      'GET f',
      'SET f 1 PX 7',
    ]);
  });

  test('has a time limit, which a call may replace', async () => {
    server.script = () => undefined;
    const view = client.with({ timeoutMs: 10 });
    const short = rejection(view.mget('a'));
    const long = view.get('b', { timeoutMs: 500 });
    await server.received(2);
    timers.advance(10);
    expect(await short).toMatchObject({ code: 'TIMEOUT' });
    server.last.send(list(), value('v'));
    expect(await long).toBe('v');
  });

  test('has a signal beside that of the call: either ends it, and both are let go of', async () => {
    server.script = () => undefined;
    const [outer, inner, own] = [1, 2, 3].map(() => new AbortController()) as [
      AbortController,
      AbortController,
      AbortController,
    ];
    const view = client.with({ signal: outer.signal }).with({ signal: inner.signal });
    const first = rejection(view.get('a', { signal: own.signal }));
    const second = rejection(view.get('b'));
    own.abort('own');
    expect(await first).toMatchObject({ code: 'ABORTED', cause: 'own' });
    expect(getEventListeners(outer.signal, 'abort')).toHaveLength(1);
    outer.abort('outer');
    expect(await second).toMatchObject({ code: 'ABORTED', cause: 'outer' });
    for (const { signal } of [outer, inner, own])
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(await rejection(view.get('c'))).toMatchObject({ code: 'ABORTED', cause: 'outer' });
  });

  test("refuses options that can't be at once", () => {
    const bad = [
      { prefix: '\ud800' },
      { prefix: 7 },
      { ttlMs: 0 },
      { ttlMs: 1.5 },
      { timeoutMs: -1 },
    ];
    for (const options of bad)
      expect(() => client.with(options as object)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
  });
});
