import { COMMANDS } from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer, integer } from '../test/fake-server.ts';
import { rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';
import { methodName } from './methods.ts';

let server: FakeServer;
let client: KvClient;

beforeEach(async () => {
  server = await FakeServer.listen(() => integer(1));
  client = await connect(server.url);
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
});

type AnyMethod = (...args: unknown[]) => Promise<unknown>;

describe('methods from the table', () => {
  test('exist for every row, and are not enumerable', () => {
    for (const { name } of COMMANDS)
      expect(client[methodName(name) as keyof KvClient], name).toBeTypeOf('function');
    expect(Object.keys(client)).toEqual([]);
    expect(methodName('CONFIG GET')).toBe('configGet');
  });

  test('are in the way of nothing that takes any object for a promise', () => {
    expect('then' in client).toBe(false);
  });

  const cases: readonly [string, readonly unknown[], string][] = [
    ['ping', [], 'PING'],
    ['ping', ['hello'], 'PING hello'],
    ['ping', [{ timeoutMs: 5 }], 'PING'],
    ['ping', ['hello', { timeoutMs: 5 }], 'PING hello'],
    ['ping', [undefined, undefined], 'PING'],
    ['hello', [], 'HELLO'],
    ['hello', [1], 'HELLO 1'],
    ['hello', [1, { auth: ['me', 'secret'], setname: 'x' }], 'HELLO 1 AUTH me secret SETNAME x'],
    ['auth', ['secret'], 'AUTH secret'],
    ['auth', ['me', 'secret', {}], 'AUTH me secret'],
    ['shutdown', [{ nosave: true, now: false, force: undefined }], 'SHUTDOWN NOSAVE'],
    ['clientList', [{ id: [1, 2] }], 'CLIENT LIST ID 1 2'],
    ['clientId', [], 'CLIENT ID'],
    ['commandList', [{ filterby: ['PATTERN', 'x*'] }], 'COMMAND LIST FILTERBY PATTERN x*'],
    ['expire', ['k', 5, { nx: true, gt: false }], 'EXPIRE k 5 NX'],
    ['setex', ['k', 5, 'v', { timeoutMs: 9 }], 'SETEX k 5 v'],
    ['mget', ['a', 'b'], 'MGET a b'],
    ['mset', ['a', 1, 'b', 2], 'MSET a 1 b 2'],
    ['configGet', ['*', 'save'], 'CONFIG GET * save'],
    ['info', [], 'INFO'],
  ];
  test.each(cases)('%s takes %j as %s', async (name, args, line) => {
    await (client[name as keyof KvClient] as AnyMethod)(...args);
    expect([...server.last.handshake, ...server.last.requests].length).toBe(2);
    expect(server.last.lines).toEqual([line]);
  });

  test('take a plain object for a value where one is due', async () => {
    await client.getset('k', { ex: 1 });
    await client.setnx('k', { signal: 1 }, { timeoutMs: 50 });
    expect(server.last.requests.map(({ args }) => args)).toEqual([
      ['k', { ex: 1 }],
      ['k', { signal: 1 }],
    ]);
  });

  test('refuse what is no option, is misspelt, or is too much', async () => {
    const { get, expire, ping } = client as unknown as Record<string, AnyMethod>;
    const calls = [
      expire?.call(client, 'k', 5, { nX: true, ny: true }),
      get?.call(client, 'k', new AbortController().signal),
      get?.call(client, 'k', 'l'),
      get?.call(client, 'k', {}, {}),
      ping?.call(client, 'a', 'b'),
      ping?.call(client, { timeout: 5 }),
    ];
    for (const call of calls)
      expect(await rejection(call as Promise<unknown>)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(client.pending).toBe(0);
  });
});
