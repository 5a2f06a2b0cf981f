import { describe, expectTypeOf, test } from 'vitest';
import type { Key, KvClient } from './index.ts';

interface User {
  readonly name: string;
}

// What the compiler says; nothing of this runs.
declare const client: KvClient;
const types = (_assertions: () => unknown): void => {};

describe('the types of methods', () => {
  test('come from the table', () => {
    types(() => {
      expectTypeOf(client.setex('k', 5, 'v')).toEqualTypeOf<Promise<number>>();
      expectTypeOf(client.get<User>('k')).toEqualTypeOf<Promise<User | undefined>>();
      expectTypeOf(client.get('k')).toEqualTypeOf<Promise<unknown>>();
      expectTypeOf(client.mget<number>('a', 'b')).toEqualTypeOf<Promise<(number | undefined)[]>>();
      expectTypeOf(client.getdel<User>('k')).toEqualTypeOf<Promise<User | undefined>>();
      expectTypeOf(client.incr('k')).toEqualTypeOf<Promise<number | bigint>>();
      expectTypeOf(client.incrby('k', 5n)).toEqualTypeOf<Promise<number | bigint>>();
      expectTypeOf(client.clientId()).toEqualTypeOf<Promise<number>>();
      expectTypeOf(client.clientGetname()).toEqualTypeOf<Promise<string | undefined>>();
      expectTypeOf(client.configGet('*')).toEqualTypeOf<Promise<Record<string, unknown>>>();
      expectTypeOf(client.keys('*')).toEqualTypeOf<Promise<Key[]>>();
      expectTypeOf(client.randomkey()).toEqualTypeOf<Promise<Key | undefined>>();
      expectTypeOf(client.commandList()).toEqualTypeOf<Promise<string[]>>();
      expectTypeOf(client.set('k', 1)).toEqualTypeOf<Promise<number>>();
      expectTypeOf(client.flush()).toEqualTypeOf<Promise<number>>();
      expectTypeOf(client.save()).toEqualTypeOf<Promise<string>>();
    });
  });

  test('take optional arguments, options, or both', () => {
    types(() => {
      client.ping();
      client.ping('hello');
      client.ping({ timeoutMs: 5 });
      client.ping('hello', { timeoutMs: 5 });
      client.hello(1, { setname: 'x', auth: ['me', 'secret'] });
      client.auth('me', 'secret', { timeoutMs: 5 });
      client.shutdown({ nosave: true });
      client.shutdown({ nosave: Math.random() > 0.5, save: undefined });
      client.expire('k', 5, { nx: true, signal: AbortSignal.timeout(5) });
      client.clientList({ id: [1, 2n] });
      client.mset('a', 1, 'b', { any: 'thing' });
      client.get(Buffer.from('k'), { signal: undefined });
    });
  });

  test('show the names of arguments', () => {
    expectTypeOf<Parameters<KvClient['setex']>>().toExtend<
      [Key, number | bigint, unknown, ...unknown[]]
    >();
  });

  test('refuse what the server would refuse', () => {
    types(() => {
      // @ts-expect-error a key is no number
      client.get(7);
      // @ts-expect-error nor among several
      client.mget('a', 7);
      // @ts-expect-error seconds are a number
      client.setex('k', '5', 'v');
      // @ts-expect-error a value is missing
      client.setex('k', 5);
      // @ts-expect-error a key is missing
      client.del();
      // @ts-expect-error a misspelt option
      client.expire('k', 5, { nxx: true });
      // @ts-expect-error an option of another command
      client.get('k', { nx: true });
      // @ts-expect-error a misspelt option
      client.set('k', 1, { ttl: 5 });
      // @ts-expect-error a misspelt option
      client.set('k', 1, { timeout: 5 });
      // @ts-expect-error no such condition
      client.set('k', 1, { if: 'equal' });
      // @ts-expect-error no such command
      client.gett('k');
    });
  });
});

describe('the types of execute', () => {
  test('come from the table, in upper and lower case', () => {
    types(() => {
      expectTypeOf(client.execute('SETEX', 'k', 5, 'v')).toEqualTypeOf<Promise<number>>();
      expectTypeOf(client.execute('dbsize')).toEqualTypeOf<Promise<number>>();
      expectTypeOf(client.execute('CLIENT ID')).toEqualTypeOf<Promise<number>>();
      expectTypeOf(client.execute('GET', 'k')).toEqualTypeOf<Promise<unknown>>();
      expectTypeOf(client.execute('SET', 'k', { any: 1 }, 'PX', 5)).toEqualTypeOf<
        Promise<unknown>
      >();
      expectTypeOf(client.execute('SCAN', '0', 'COUNT', 5)).toEqualTypeOf<
        Promise<[cursor: string, keys: Key[]]>
      >();
    });
  });

  test('are unknown for other commands, and what a type argument says', () => {
    types(() => {
      expectTypeOf(client.execute('WHATEVER')).toEqualTypeOf<Promise<unknown>>();
      expectTypeOf(client.execute('WHATEVER', 1, {})).toEqualTypeOf<Promise<unknown>>();
      expectTypeOf(client.execute('x' as string, 1)).toEqualTypeOf<Promise<unknown>>();
      expectTypeOf(client.execute<User>('GET', 'k')).toEqualTypeOf<Promise<User>>();
      expectTypeOf(client.execute<number>('WHATEVER')).toEqualTypeOf<Promise<number>>();
    });
  });

  test('refuse wrong arguments of a command of the table', () => {
    types(() => {
      // @ts-expect-error the value is missing
      client.execute('SETEX', 'k', 5);
      // @ts-expect-error a key is no number
      client.execute('GET', 7);
      // @ts-expect-error nor in lower case
      client.execute('get', 7);
      // @ts-expect-error nothing more
      client.execute('DBSIZE', 'x');
    });
  });
});

describe('the types of own methods', () => {
  test('hold the type of values', () => {
    types(() => {
      expectTypeOf(client.getMany<User>(['a'])).toEqualTypeOf<Promise<(User | undefined)[]>>();
      expectTypeOf(client.getOrSet('k', async () => ({ name: 'A' }))).toEqualTypeOf<
        Promise<{ name: string }>
      >();
      expectTypeOf(client.with({ prefix: 'x' })).toEqualTypeOf<KvClient>();
      client.setMany(new Map([['a', 1]]), { ttlMs: 5 });
      client.setMany(Object.entries({ a: 1 }));
    });
  });

  test('let a test of an application stand in for the client', () => {
    const fake: Pick<KvClient, 'get' | 'set'> = {
      get: async <T>() => 'v' as T,
      set: async () => 1,
    };
    expectTypeOf(fake.get<string>('k')).toEqualTypeOf<Promise<string | undefined>>();
  });
});
