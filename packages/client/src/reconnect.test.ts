import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type FakeConnection,
  FakeServer,
  failure,
  integer,
  ok,
  text,
  value,
} from '../test/fake-server.ts';
import { ManualTimers } from '../test/manual-timers.ts';
import { nextTurn, rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';
import type { ConnectOptions } from './options.ts';

let server: FakeServer;
let client: KvClient;
let timers: ManualTimers;

async function start(options: ConnectOptions = {}): Promise<void> {
  timers = new ManualTimers();
  client = await connect({ url: server.url, timers, random: () => 1, ...options });
}
beforeEach(async () => {
  server = await FakeServer.listen();
  await start();
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
});

async function lost(): Promise<void> {
  while (client.state === 'ready') await nextTurn();
}

/** Loses the connection when so many requests have arrived, and lets the client make another. */
async function loseAfter(count: number): Promise<FakeConnection> {
  await server.received(count);
  server.last.drop();
  await lost();
  const before = server.connections.length;
  timers.advance(2000 - 1);
  await server.until(() => server.connections.length > before);
  return server.last;
}

describe('when the connection is lost', () => {
  test('idempotent calls go out again, in order and in front of those that waited', async () => {
    const sent = [client.get('a'), client.set('b', { n: 1 }), client.mset('c', 1, 'd', 2)];
    await server.received(3);
    server.last.drop();
    await lost();
    expect(client.state).toBe('reconnecting');
    const waiting = client.get('e');
    expect(client.pending).toBe(4);
    timers.advance(50);
    const { requests } = await server.received(4, () => server.connections[1] as FakeConnection);
    expect(requests).toEqual([
      { name: 'GET', args: ['a'] },
      { name: 'SET', args: ['b', { n: 1 }] },
      { name: 'MSET', args: ['c', 1, 'd', 2] },
      { name: 'GET', args: ['e'] },
    ]);
    server.last.send(value('A'), integer(1), integer(2), value('E'));
    expect(await Promise.all([...sent, waiting])).toEqual(['A', 1, 2, 'E']);
    expect(client.state).toBe('ready');
  });

  test('other calls that were sent reject with UNCERTAIN and are never sent again', async () => {
    const calls = [
      client.incr('n'),
      client.del('k'),
      client.execute('WHATEVER', 1),
      client.set('k', 1, { if: 'absent' }),
      client.set('k', 1, { if: 'present' }),
      client.execute('SET', 'k', 'v', 'GET'),
      client.execute('SET', 'k', 'v', Buffer.from('nx')),
    ].map(rejection);
    const plain = client.set('NX', 'GET', { ttlMs: 5 });
    const connection = await loseAfter(8);
    for (const call of calls)
      expect(await call).toMatchObject({
        code: 'UNCERTAIN',
        sent: true,
        cause: { code: 'CONNECT' },
      });
    await server.received(1);
    expect(connection.lines).toEqual(['SET NX GET PX 5']);
    connection.send(integer(1));
    expect(await plain).toBe(1);
  });

  test('other calls that were not sent yet just wait', async () => {
    server.last.drop();
    await lost();
    const call = client.incr('n');
    timers.advance(50);
    await server.received(1, () => server.connections[1] as FakeConnection);
    server.last.send(integer(1));
    expect(await call).toBe(1);
  });

  test('arguments go out again as they were at the call', async () => {
    const object = { n: 1 };
    const bytes = Buffer.from('key');
    const keys = ['a', 'b'];
    const calls = [client.set('o', object), client.get(bytes), client.getMany(keys)];
    object.n = 2;
    bytes.fill(0);
    keys[0] = 'changed';
    const connection = await loseAfter(3);
    await server.received(3);
    expect(connection.requests[0]?.args).toEqual(['o', { n: 1 }]);
    expect(Buffer.from(connection.requests[1]?.args[0] as Uint8Array).toString()).toBe('key');
    expect(connection.lines[2]).toBe('MGET a b');
    connection.send(integer(1), value(1), text('x'));
    await Promise.all(calls);
  });

  test('a call that was given up is not sent again', async () => {
    const controller = new AbortController();
    const given = client.get('given', { signal: controller.signal });
    const kept = client.get('kept');
    await server.received(2);
    controller.abort();
    await rejection(given);
    const connection = await loseAfter(2);
    await server.received(1);
    expect(connection.lines).toEqual(['GET kept']);
    connection.send(value(1));
    expect(await kept).toBe(1);
  });

  test('a reply that came before is not asked for again', async () => {
    const first = client.get('1');
    await server.received(1);
    server.last.send(value(1));
    await first;
    const second = client.get('2');
    const connection = await loseAfter(2);
    await server.received(1);
    expect(connection.lines).toEqual(['GET 2']);
    connection.send(value(2));
    expect(await second).toBe(2);
  });

  test('SHUTDOWN has succeeded: it has no other answer', async () => {
    const stopped = client.shutdown({ nosave: true, now: false });
    await server.received(1);
    expect(server.last.lines).toEqual(['SHUTDOWN NOSAVE']);
    server.last.drop();
    expect(await stopped).toBeUndefined();
  });

  test('bytes that make no sense lose it too, and are told as the cause', async () => {
    const call = client.incr('k');
    await server.received(1);
    server.last.socket.write(Uint8Array.of(0, 0, 0, 2, 9, 1));
    expect(await rejection(call)).toMatchObject({ code: 'UNCERTAIN', cause: { code: 'PROTOCOL' } });
    timers.advance(50);
    await server.until(() => server.connections.length === 2);
  });
});

describe('the next connection', () => {
  test('is told the database and the name that were chosen', async () => {
    server.script = () => ok;
    await client.select(5);
    await client.clientSetname('renamed');
    server.last.drop();
    await lost();
    timers.advance(50);
    await server.until(() => (server.connections[1]?.handshake.length ?? 0) === 2);
    expect(server.last.handshake).toEqual([
      { name: 'HELLO', args: [1, 'SETNAME', 'renamed'] },
      { name: 'SELECT', args: [5] },
    ]);
  });

  test('is told other credentials that were accepted', async () => {
    server.script = () => ok;
    await client.auth('alice', 'secret');
    await client.hello(1, { setname: 'named' });
    server.last.drop();
    await lost();
    timers.advance(50);
    await server.until(() => (server.connections[1]?.handshake.length ?? 0) === 1);
    expect(server.last.handshake[0]?.args).toEqual([
      1,
      'AUTH',
      'alice',
      'secret',
      'SETNAME',
      'named',
    ]);
  });

  test('is not told what was refused', async () => {
    server.script = () => failure('ERR', 'DB index is out of range');
    await rejection(client.select(99));
    server.last.drop();
    await lost();
    timers.advance(50);
    await server.until(() => (server.connections[1]?.handshake.length ?? 0) === 1);
    expect(server.last.handshake).toEqual([{ name: 'HELLO', args: [1] }]);
  });

  test('runs calls in the databases in which they would have run', async () => {
    const calls = [client.get('in 0'), client.select(1), client.get('in 1')];
    const connection = await loseAfter(3);
    await server.received(3);
    expect(connection.handshake).toEqual([{ name: 'HELLO', args: [1] }]);
    expect(connection.lines).toEqual(['GET in 0', 'SELECT 1', 'GET in 1']);
    connection.send(value(0), ok, value(1));
    expect(await Promise.all(calls)).toEqual([0, 'OK', 1]);
  });

  test('is told a SELECT that was sent and given up, since later calls count on it', async () => {
    const controller = new AbortController();
    const select = client.select(1, { signal: controller.signal });
    const get = client.get('in 1');
    await server.received(2);
    controller.abort();
    expect(await rejection(select)).toMatchObject({ code: 'ABORTED', sent: true });
    const connection = await loseAfter(2);
    await server.received(2);
    expect(connection.lines).toEqual(['SELECT 1', 'GET in 1']);
    connection.send(ok, value(1));
    expect(await get).toBe(1);
    connection.drop();
    await lost();
    timers.advance(2000);
    await server.until(() => (server.connections[2]?.handshake.length ?? 0) === 2);
    expect(server.last.handshake[1]).toEqual({ name: 'SELECT', args: [1] });
  });
});

describe('the pauses between attempts', () => {
  test('double up to the most, and half of each is left to chance', async () => {
    await client.close();
    let chance = 1;
    await start({ backoffMs: { first: 100, most: 1000 }, random: () => chance });
    await server.close();
    await lost();
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const started = timers.started.length;
      pauses.push(timers.started.at(-1) as number);
      if (i === 4) chance = 0;
      timers.advance(pauses.at(-1) as number);
      // The attempt's own time limit, then the next pause.
      while (timers.started.length < started + 2) await nextTurn();
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1000, 500]);
  });

  test('start over behind a connection that has lasted', async () => {
    server.last.drop();
    await lost();
    expect(timers.started.at(-1)).toBe(50);
    timers.advance(50);
    while (client.state !== 'ready') await nextTurn();
    // Lost as soon as it was up: the pause grows.
    server.last.drop();
    await lost();
    expect(timers.started.at(-1)).toBe(100);
    timers.advance(100);
    while (client.state !== 'ready') await nextTurn();
    timers.advance(2000);
    server.last.drop();
    await lost();
    expect(timers.started.at(-1)).toBe(50);
  });

  test('are not made when reconnect is false: the client is closed', async () => {
    await client.close();
    await start({ reconnect: false });
    const again = client.get('k');
    const uncertain = client.incr('k');
    await server.received(2);
    server.last.drop();
    expect(await rejection(again)).toMatchObject({ code: 'CONNECT', sent: true });
    expect(await rejection(uncertain)).toMatchObject({ code: 'UNCERTAIN' });
    expect(client.state).toBe('closed');
    expect(await rejection(client.get('k'))).toMatchObject({
      code: 'CLOSED',
      cause: { code: 'CONNECT' },
    });
    expect(timers.running).toBe(0);
  });

  test('end with AUTH when the password has been changed', async () => {
    const call = client.get('k');
    await server.received(1);
    server.hello = () => failure('WRONGPASS');
    server.last.drop();
    await lost();
    timers.advance(50);
    expect(await rejection(call)).toMatchObject({ code: 'AUTH' });
    expect(client.state).toBe('closed');
    expect(timers.running).toBe(0);
  });
});
