import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeConnection, FakeServer, integer, text } from '../test/fake-server.ts';
import { ManualTimers } from '../test/manual-timers.ts';
import { nextTurn, rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';

let server: FakeServer;
let client: KvClient;
let timers: ManualTimers;

beforeEach(async () => {
  server = await FakeServer.listen();
  timers = new ManualTimers();
  client = await connect({ url: server.url, timers, random: () => 1 });
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
  expect(timers.running).toBe(0);
});

/** Loses the connection and lets nobody connect. */
async function cutOff(): Promise<void> {
  await server.close();
  while (client.state !== 'reconnecting') await nextTurn();
}

describe('a call without a reply', () => {
  test('times out, saying that it was sent; its late reply is dropped', async () => {
    const late = client.echo('late');
    await server.received(1);
    timers.advance(1999);
    const next = client.echo('next');
    await server.received(2);
    timers.advance(1);
    expect(await rejection(late)).toMatchObject({ code: 'TIMEOUT', sent: true });
    expect(client.pending).toBe(1);
    server.last.send(text('late'), text('next'));
    expect(await next).toBe('next');
    expect(client.pending).toBe(0);
  });

  test('times out while there is no connection, saying that it was not sent', async () => {
    await cutOff();
    const call = client.incr('k');
    timers.advance(2000);
    expect(await rejection(call)).toMatchObject({
      code: 'TIMEOUT',
      sent: false,
      cause: { code: 'CONNECT' },
    });
    expect(client.pending).toBe(0);
  });

  test('that was sent on a connection that was lost says so, though it waits again', async () => {
    const call = client.set('k', 1);
    await server.received(1);
    await cutOff();
    timers.advance(2000);
    expect(await rejection(call)).toMatchObject({ code: 'TIMEOUT', sent: true });
  });

  test('has its own limit, and 0 is for ever', async () => {
    const forever = client.get('forever', { timeoutMs: 0 });
    const short = client.get('short', { timeoutMs: 10 });
    const long = client.get('long', { timeoutMs: 60_000 });
    await server.received(3);
    timers.advance(10);
    expect(await rejection(short)).toMatchObject({ code: 'TIMEOUT' });
    timers.advance(59_989);
    expect(client.pending).toBe(2);
    timers.advance(1);
    expect(await rejection(long)).toMatchObject({ code: 'TIMEOUT' });
    timers.advance(1e9);
    expect(client.pending).toBe(1);
    server.last.send(text('there'), text('x'), text('x'));
    expect(await forever).toBe('there');
  });

  test('does not hurry a save', async () => {
    const saved = client.save();
    await server.received(1);
    timers.advance(1e6);
    server.last.send(text('OK'));
    expect(await saved).toBe('OK');
  });

  test('refuses a limit that no timer can have', async () => {
    for (const timeoutMs of [-1, 1.5, Number.NaN, 2 ** 31])
      expect(await rejection(client.get('k', { timeoutMs }))).toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    expect(client.pending).toBe(0);
  });
});

describe('the timer', () => {
  test('is one for all calls', async () => {
    const before = timers.started.length;
    const calls = Array.from({ length: 1000 }, (_, i) => client.echo(String(i)));
    expect(timers.started.length - before).toBe(1);
    expect(timers.running).toBe(1);
    await server.received(1000);
    server.last.send(...calls.map((_, i) => text(String(i))));
    await Promise.all(calls);
  });

  test('of a long queue looks seldom enough to cost next to nothing', async () => {
    await cutOff();
    const count = 60_000;
    const outcomes: Promise<unknown>[] = [];
    for (let i = 0; i < count; i++) {
      if (i % 30 === 0) timers.advance(1);
      // Each has a time of its own: 2000 instants.
      outcomes.push(rejection(client.incr('k', { timeoutMs: 4000 })));
    }
    const before = timers.started.length;
    timers.advance(8000);
    expect(client.pending).toBe(0);
    await Promise.all(outcomes);
    // 2000 looks at up to 60,000 calls would be 60 million visits.
    expect(timers.started.length - before).toBeLessThan(200);
  });
});

describe('a silent server', () => {
  test('is given up for lost when replies are overdue, and another connection is made', async () => {
    const lost = client.get('k');
    await server.received(1);
    timers.advance(2000);
    await rejection(lost);
    expect(client.state).toBe('ready');
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 4; i++) {
      calls.push(rejection(client.incr('k')));
      await nextTurn();
      timers.advance(2000);
    }
    await Promise.all(calls);
    await nextTurn();
    expect(client.state).toBe('reconnecting');
    server.script = () => integer(1);
    timers.advance(50);
    expect(await client.incr('k')).toBe(1);
    expect(server.connections).toHaveLength(2);
  });

  test('may be busy with a call that has time left', async () => {
    const save = client.save();
    await server.received(1);
    for (let i = 0; i < 10; i++) {
      const call = rejection(client.ping());
      await nextTurn();
      timers.advance(2000);
      expect(await call).toMatchObject({ code: 'TIMEOUT' });
    }
    expect(client.state).toBe('ready');
    const connection: FakeConnection = server.last;
    connection.send(text('OK'), ...Array.from({ length: 10 }, () => text('PONG')));
    expect(await save).toBe('OK');
  });
});
