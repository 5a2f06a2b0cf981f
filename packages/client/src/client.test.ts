import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { absent, FakeServer, integer, key, list, ok, text, value } from '../test/fake-server.ts';
import { rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';

let server: FakeServer;
let client: KvClient;

beforeEach(async () => {
  server = await FakeServer.listen();
  client = await connect(server.url);
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
});

/** A database in a Map, which knows GET, SET, MGET and SELECT. */
function storing(): Map<unknown, unknown> {
  const stored = new Map<unknown, unknown>();
  const read = (name: unknown) => (stored.has(name) ? value(stored.get(name)) : absent);
  server.script = ({ name, args }) => {
    if (name === 'GET') return read(args[0]);
    if (name === 'MGET') return list(...args.map(read));
    if (name === 'SELECT') return ok;
    stored.set(args[0], args[1]);
    return integer(1);
  };
  return stored;
}

describe('set', () => {
  test('writes its options out as words of SET', async () => {
    server.script = () => integer(1);
    await client.set('a', 1);
    await client.set('b', 2, { ttlMs: 1000, if: 'absent' });
    await client.set('c', 3, { deadline: 5e12, if: 'present' });
    await client.set('d', 4, { keepTtl: true, timeoutMs: 100 });
    await client.set('e', 5, { keepTtl: false, ttlMs: undefined, if: undefined });
    expect(server.last.lines).toEqual([
      'SET a 1',
      'SET b 2 PX 1000 NX',
      'SET c 3 PXAT 5000000000000 XX',
      'SET d 4 KEEPTTL',
      'SET e 5',
    ]);
  });

  test('refuses options that exclude each other, are misspelt, or mean nothing', async () => {
    const bad = [
      { ttlMs: 1, deadline: 2 },
      { ttlMs: 1, keepTtl: true },
      { deadline: 1, keepTtl: true },
      { ttl: 5 },
      { if: 'equal' },
    ];
    for (const options of bad)
      expect(await rejection(client.set('k', 1, options as object))).toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    expect(client.pending).toBe(0);
  });
});

describe('getMany and setMany', () => {
  test('of nothing ask nobody', async () => {
    expect(await client.getMany([])).toEqual([]);
    expect(await client.setMany([])).toBe(0);
    expect(await client.setMany(new Map(), { ttlMs: 5 })).toBe(0);
    expect(server.last.requests).toEqual([]);
  });

  test('are MGET and MSET', async () => {
    server.script = ({ name }) => (name === 'MGET' ? list(value(1), absent) : integer(2));
    expect(await client.getMany<number>(['a', 'b'])).toEqual([1, undefined]);
    const entries = new Map<string, unknown>([
      ['a', [1, [2]]],
      ['b', null],
    ]);
    expect(await client.setMany(entries)).toBe(2);
    expect(server.last.requests[1]?.args).toEqual(['a', [1, [2]], 'b', null]);
  });

  test('with a TTL writes key by key, and more keys than may wait at once', async () => {
    await client.close();
    server.script = () => integer(1);
    client = await connect({ url: server.url, queueMax: 1000 });
    const entries = Array.from({ length: 2500 }, (_, i) => [`k${i}`, i] as const);
    expect(await client.setMany(entries, { ttlMs: 60 })).toBe(2500);
    expect(server.last.lines.at(-1)).toBe('SET k2499 2499 PX 60');
    expect(server.last.lines).toHaveLength(2500);
  });
});

describe('getOrSet', () => {
  test('gives what is there, null and false too, without making anything', async () => {
    const stored = storing().set('null', null).set('false', false);
    for (const name of stored.keys())
      expect(await client.getOrSet(name as string, () => expect.unreachable())).toBe(
        stored.get(name),
      );
  });

  test('makes a value once for all who ask, over all views, and writes it', async () => {
    const stored = storing();
    let made = 0;
    const make = async () => ++made;
    const view = client.with({ prefix: 'user:' });
    const asked = [
      client.getOrSet('user:7', make, { ttlMs: 60_000 }),
      client.getOrSet(Buffer.from('user:7'), make),
      view.getOrSet('7', make),
      view.with({ timeoutMs: 500 }).getOrSet('7', make),
    ];
    expect(await Promise.all(asked)).toEqual([1, 1, 1, 1]);
    expect(server.last.lines.filter((line) => line.startsWith('SET'))).toEqual([
      'SET user:7 1 PX 60000',
    ]);
    expect(stored.get('user:7')).toBe(1);
    expect(await view.getOrSet('7', make)).toBe(1);
  });

  test('rejects all who ask when making fails, and the next makes it anew', async () => {
    storing();
    const failed = async () => {
      throw new RangeError('no');
    };
    const asked = [client.getOrSet('k', failed), client.getOrSet('k', failed)].map(rejection);
    for (const error of asked) expect(await error).toBeInstanceOf(RangeError);
    const thrown = client.getOrSet('k', () => {
      throw new TypeError('at once');
    });
    expect(await rejection(thrown)).toBeInstanceOf(TypeError);
    expect(await client.getOrSet('k', () => 'made')).toBe('made');
  });

  test('refuses undefined, which is absence', async () => {
    storing();
    expect(await rejection(client.getOrSet('k', () => undefined))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  test('ends the waiting of the one whose signal is aborted, and of nobody else', async () => {
    storing();
    const { promise, resolve } = Promise.withResolvers<string>();
    const controller = new AbortController();
    const first = client.with({ signal: controller.signal }).getOrSet('k', () => promise);
    const second = client.getOrSet('k', () => expect.unreachable());
    await server.received(2);
    await client.get('other');
    controller.abort('gone');
    expect(await rejection(first)).toMatchObject({ code: 'ABORTED', cause: 'gone' });
    resolve('made');
    expect(await second).toBe('made');
  });

  test('keeps databases apart, and writes to none but the one it read from', async () => {
    const stored = storing();
    const { promise, resolve } = Promise.withResolvers<string>();
    const inZero = client.getOrSet('k', () => promise);
    await server.received(1);
    await client.get('other');
    const selected = client.select(1);
    const inOne = client.getOrSet('k', () => 'one');
    await selected;
    expect(await inOne).toBe('one');
    stored.clear();
    resolve('zero');
    expect(await inZero).toBe('zero');
    expect(stored.size).toBe(0);
  });
});

describe('scan', () => {
  const pages = (...all: string[][]) => {
    server.script = ({ name, args }) => {
      if (name !== 'SCAN') return integer(args.length);
      const page = Number(args[0]);
      const next = page + 1 < all.length ? page + 1 : 0;
      return list(text(String(next)), list(...(all[page] as string[]).map((name) => key(name))));
    };
  };

  test('goes through all pages, empty ones too', async () => {
    pages(['a', 'b'], [], ['c']);
    const keys: unknown[] = [];
    for await (const name of client.scan({ match: '*', count: 7, type: 'string' })) keys.push(name);
    expect(keys).toEqual(['a', 'b', 'c']);
    expect(server.last.lines).toEqual([
      'SCAN 0 COUNT 7 MATCH * TYPE string',
      'SCAN 1 COUNT 7 MATCH * TYPE string',
      'SCAN 2 COUNT 7 MATCH * TYPE string',
    ]);
  });

  test('can be left early', async () => {
    pages(['a', 'b'], ['c']);
    for await (const _name of client.scan()) break;
    expect(server.last.lines).toEqual(['SCAN 0 COUNT 100']);
    expect(client.pending).toBe(0);
  });

  test('ends with the error of a page', async () => {
    pages(['a'], ['b']);
    const controller = new AbortController();
    const scan = client.scan({ signal: controller.signal });
    expect(await scan.next()).toEqual({ done: false, value: 'a' });
    controller.abort();
    expect(await rejection(scan.next())).toMatchObject({ code: 'ABORTED' });
  });

  test('serves flush and dbsize of a view with a prefix', async () => {
    pages(['p:a', 'p:b'], ['p:c']);
    const view = client.with({ prefix: 'p:' });
    expect(await view.dbsize()).toBe(3);
    expect(await view.flush()).toBe(3);
    expect(server.last.lines.at(-1)).toBe('DEL p:a p:b p:c');
    await client.with({ ttlMs: 5 }).flush();
    await client.dbsize();
    expect(server.last.lines.slice(-2)).toEqual(['FLUSH', 'DBSIZE']);
  });
});

describe('execute', () => {
  test('sends any command, in any case, and knows subcommands in one word or two', async () => {
    server.script = () => integer(1);
    await client.execute('get', 'k');
    await client.execute('CLIENT ID');
    await client.execute('client', 'id');
    await client.execute('NOT IN', 'the', { table: 1 }, null);
    expect(server.last.requests).toEqual([
      { name: 'GET', args: ['k'] },
      { name: 'CLIENT ID', args: [] },
      { name: 'CLIENT ID', args: [] },
      { name: 'NOT', args: ['IN', 'the', { table: 1 }, null] },
    ]);
  });

  test('and methods refuse a request that has too many arguments before anything is sent', async () => {
    const many: string[] = new Array(1024 * 1024 + 1).fill('k');
    expect(await rejection(client.getMany(many))).toMatchObject({ code: 'TOO_LARGE' });
    expect(client.pending).toBe(0);
  });
});
