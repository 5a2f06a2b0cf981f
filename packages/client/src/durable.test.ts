import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { absent, FakeServer, failure, integer, list, ok, text } from '../test/fake-server.ts';
import { rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';

let server: FakeServer;
let client: KvClient;

beforeEach(async () => {
  server = await FakeServer.listen(({ name }) => {
    if (name === 'MULTI') return ok;
    if (name === 'EXEC') return list(integer(1), integer(1));
    return name === 'GET' ? absent : integer(1);
  });
  client = await connect({ url: server.url });
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
});

/** Which requests were durable ones, by name. */
function asked(): [string, boolean][] {
  return server.last.requests.map(({ name, durable }) => [name, durable === true]);
}

describe('calls that are answered when they are on disk', () => {
  test('are those that ask for it, and no others', async () => {
    await Promise.all([
      client.set('a', 1),
      client.set('b', 2, { durable: true, ttlMs: 1000 }),
      client.incr('n', { durable: true }),
      client.set('c', 3, { durable: false }),
      client.setMany([['d', 4]], { durable: true }),
      client.get('a'),
    ]);
    expect(asked()).toEqual([
      ['SET', false],
      ['SET', true],
      ['INCR', true],
      ['SET', false],
      ['MSET', true],
      ['GET', false],
    ]);
  });

  test('are all of a batch', async () => {
    await client.batch((b) => [b.set('a', 1), b.incr('n')], { durable: true });
    expect(asked()).toEqual(['MULTI', 'SET', 'INCR', 'EXEC'].map((name) => [name, true]));
  });

  test('are all of a view, but for those that say otherwise', async () => {
    const view = client.with({ durable: true });
    await view.del('a', 'b');
    await view.set('a', 1, { durable: false });
    await view.with({ prefix: 'x:' }).execute('APPEND', 'a', 'b');
    await view.batch((b) => [b.set('a', 1), b.incr('n')]);
    expect(asked()).toEqual([
      ['DEL', true],
      ['SET', false],
      ['APPEND', true],
      ...['MULTI', 'SET', 'INCR', 'EXEC'].map((name) => [name, true]),
    ]);
  });

  test('are the write, and not the read, of what does both', async () => {
    await client.getOrSet('a', () => 1, { durable: true });
    await client.update('b', () => 2, { durable: true });
    expect(asked()).toEqual([
      ['GET', false],
      ['SET', true],
      ['GET', false],
      ['SET', true],
    ]);
  });

  test('are refused by a server without a log', async () => {
    server.script = () => failure('NOLOG', 'nothing is made durable without a log');
    expect(await rejection(client.set('a', 1, { durable: true }))).toMatchObject({
      code: 'REPLY',
      replyCode: 'NOLOG',
    });
  });

  test('stay so when they are sent again on another connection', async () => {
    server.script = () => undefined;
    const writing = client.set('a', 1, { durable: true });
    await server.received(1);
    server.script = () => text('1');
    server.last.drop();
    await writing;
    expect(server.connections).toHaveLength(2);
    expect(asked()).toEqual([['SET', true]]);
  });
});
