import { describe, expect, test } from 'vitest';
import { KvError } from './errors.ts';
import { type ConnectOptions, formatAddress, resolveOptions } from './options.ts';

describe('a URL', () => {
  test.each([
    ['kv://localhost', { host: 'localhost', port: 31337 }],
    ['kv://127.0.0.1:7000', { host: '127.0.0.1', port: 7000 }],
    ['kv://[::1]:7000/2', { host: '::1', port: 7000 }],
    ['kvs://localhost', { host: 'localhost', port: 31337 }],
    ['kv://', { host: '127.0.0.1', port: 31337 }],
    ['kv+unix:///run/kv%20d.sock', { path: '/run/kv d.sock' }],
  ])('%s is an address', (url, address) => {
    expect(resolveOptions(url).address).toEqual(address);
  });

  test('has credentials, percent-encoded, and a database', () => {
    expect(resolveOptions('kv://us%2Fer:p%40ss%3Aw%25@h:1/5')).toMatchObject({
      username: 'us/er',
      password: 'p@ss:w%',
      database: 5,
    });
    expect(resolveOptions('kv://:secret@h')).toMatchObject({
      username: 'default',
      password: 'secret',
      database: 0,
    });
  });

  test('gives way to options beside it, but not to undefined ones', () => {
    const url = 'kv://u:p@h:1/5';
    expect(
      resolveOptions({ url, port: 2, database: 0, password: undefined, host: undefined }),
    ).toMatchObject({ address: { host: 'h', port: 2 }, database: 0, password: 'p' });
    expect(resolveOptions({ url: 'kv+unix:///s', host: 'h' }).address).toEqual({
      host: 'h',
      port: 31337,
    });
    expect(resolveOptions({ url, path: '/s' }).address).toEqual({ path: '/s' });
  });

  test.each([
    'kvss://localhost',
    'redis://localhost',
    'localhost:31337',
    'not a url',
    'kv://h:99999',
    'kv://h/users',
    'kv://h/1/2',
    'kv://h?timeout=5',
    'kv://h#x',
    'kv://u:%zz@h',
    'kv+unix://relative/path',
    'kv+unix:///',
    'kv+unix://u:p@/s',
    'kv://user@h',
  ])('%s is refused', (url) => {
    expect(() => resolveOptions(url)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  test('is shown in messages without its password', () => {
    for (const url of ['kvs://me:hunter2@h#x', 'kv://me:hunter2@h/x', 'kv://me:hunter2%zz@h']) {
      try {
        resolveOptions(url);
        expect.unreachable();
      } catch (error) {
        expect((error as Error).message).not.toContain('hunter2');
      }
    }
  });
});

describe('options', () => {
  const bad: Record<string, readonly unknown[]> = {
    host: ['', 7],
    port: [-1, 65_536, 1.5, '31337', Number.NaN],
    path: [''],
    tls: ['yes', 1, null, { servername: 'h', cipher: 'x' }],
    busyPoll: [1],
    username: [''],
    password: [7, '\ud800'],
    database: [-1, 1.5, '0'],
    name: ['two words', 'é', '\n'],
    timeoutMs: [-1, 2 ** 31, Number.POSITIVE_INFINITY],
    connectTimeoutMs: [0],
    silenceMs: [0],
    queueMax: [0, Number.POSITIVE_INFINITY],
    queueBytesMax: [0],
    reconnect: ['yes'],
    backoffMs: [{ first: 0, most: 1 }, { first: 10, most: 5 }, {}],
    openSocket: [1],
    random: [0.5],
    hots: ['localhost'],
  };
  const cases = Object.entries(bad).flatMap(([name, values]) =>
    values.map((given) => [name, given] as const),
  );
  test.each(cases)('%s: %j is refused by its name', (name, given) => {
    const options = { password: 'p', [name]: given } as ConnectOptions;
    let thrown: unknown;
    try {
      resolveOptions(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(KvError);
    expect(thrown).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((thrown as Error).message.startsWith(name)).toBe(true);
  });

  test('that are nothing at all are refused', () => {
    for (const target of [null, 7])
      expect(() => resolveOptions(target as unknown as string)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
  });

  test('have defaults', () => {
    expect(resolveOptions({})).toMatchObject({
      address: { host: '127.0.0.1', port: 31337 },
      timeoutMs: 2000,
      connectTimeoutMs: 2000,
      silenceMs: 10_000,
      queueMax: 65_536,
      queueBytesMax: 256 * 1024 * 1024,
      reconnect: true,
      backoffMs: { first: 50, most: 2000 },
    });
  });
});

test('an IPv6 address is written in brackets', () => {
  expect(formatAddress({ host: '::1', port: 1 })).toBe('[::1]:1');
  expect(formatAddress({ host: 'h', port: 1 })).toBe('h:1');
});
