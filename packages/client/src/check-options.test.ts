import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { rejection } from '../test/outcome.ts';
import type { Batch } from './batch.ts';
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

/** Every method that takes options, with some that it does not have. */
const CALLS: Readonly<Record<string, (options: object) => unknown>> = {
  set: (options) => client.set('k', 1, options),
  get: (options) => client.get('k', options),
  getMany: (options) => client.getMany(['k'], options),
  setMany: (options) => client.setMany([['k', 1]], options),
  getOrSet: (options) => client.getOrSet('k', () => 1, options),
  update: (options) => client.update('k', () => 1, options),
  batch: (options) => client.batch((b) => [b.get('k')], options),
  scan: (options) => client.scan(options).next(),
  flush: (options) => client.flush(options),
  dbsize: (options) => client.dbsize(options),
  subscribe: (options) => client.subscribe('c', options),
  with: (options) => client.with(options),
  close: (options) => client.close(options),
};

describe.each(Object.keys(CALLS))('%s', (name) => {
  /** What comes of these options. */
  const given = (options: unknown): Promise<unknown> =>
    rejection((async () => await CALLS[name]?.(options as object))());

  test('refuses an option that is misspelt, and sends nothing', async () => {
    expect(await given({ ttlms: 5 })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('ttlms'),
    });
    expect(server.last.requests).toEqual([]);
    expect(client.state).toBe('ready');
  });

  test('refuses what is no options', async () => {
    for (const options of ['EX', 10, [1]])
      expect(await given(options)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(server.last.requests).toEqual([]);
  });
});

test('Lists in the wrong form are refused before anything is sent', async () => {
  const calls = [
    () => client.getMany('abc' as never),
    () => client.setMany({ a: 1 } as never),
    () => client.setMany(undefined as never),
    () => client.batch((async (b: Batch) => [b.get('k')]) as never),
    () => client.batch(() => ['OK'] as never),
    async () => client.subscribe([]),
  ];
  for (const call of calls)
    expect(await rejection(call())).toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(server.last.requests).toEqual([]);
});

test('A value that is refused is shown as what it is', async () => {
  const refused = async (port: unknown) =>
    ((await rejection(connect({ port: port as number }))) as Error).message;
  expect(await refused('31337')).toContain('not "31337"');
  expect(await refused(1.5)).toContain('not 1.5');
  expect(await refused(() => 1)).toContain('not a function');
});
