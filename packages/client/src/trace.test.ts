import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer, failure, integer } from '../test/fake-server.ts';
import { ManualTimers } from '../test/manual-timers.ts';
import { nextTurn, rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';
import { CALLS_CHANNEL, type CallTrace, STATES_CHANNEL, type StateTrace } from './trace.ts';

let server: FakeServer;
let client: KvClient;
const timers = new ManualTimers();
const messages: unknown[] = [];
const listen = (message: unknown) => messages.push(message);

beforeEach(async () => {
  server = await FakeServer.listen(({ name }) =>
    name === 'GET' ? failure('WRONGTYPE') : undefined,
  );
  client = await connect({ url: server.url, timers });
  messages.length = 0;
});
afterEach(async () => {
  unsubscribe(CALLS_CHANNEL, listen);
  unsubscribe(STATES_CHANNEL, listen);
  await client.close({ drainMs: 0 });
  await server.close();
});

describe('the channel of calls', () => {
  test('is told each call with its time, and its error', async () => {
    subscribe(CALLS_CHANNEL, listen);
    const call = client.incr('k');
    await server.received(1);
    timers.advance(12);
    server.last.send(integer(1));
    await call;
    await rejection(client.get('k'));
    await rejection(client.set('k', () => 1));
    const [first, second, third] = messages as CallTrace[];
    expect(first).toEqual({ command: 'INCR', durationMs: 12 });
    expect(second).toMatchObject({ command: 'GET', error: { replyCode: 'WRONGTYPE' } });
    expect(third).toMatchObject({ command: 'SET', error: { code: 'UNSUPPORTED_VALUE' } });
    expect(messages).toHaveLength(3);
  });

  test('is told nothing when nobody listens', async () => {
    const call = client.incr('k');
    subscribe(CALLS_CHANNEL, listen);
    await server.received(1);
    server.last.send(integer(1));
    await call;
    expect(messages).toEqual([]);
  });
});

test('the channel of states is told every change and its reason', async () => {
  subscribe(STATES_CHANNEL, listen);
  server.last.drop();
  while (client.state === 'ready') await nextTurn();
  timers.advance(50);
  await server.until(() => server.connections.length === 2);
  while (messages.length < 2) await nextTurn();
  await client.close();
  const told = messages as StateTrace[];
  expect(told.map(({ state }) => state)).toEqual(['reconnecting', 'ready', 'closing', 'closed']);
  expect(told[0]?.error).toMatchObject({ code: 'CONNECT' });
  expect(told[0]?.address).toBe(`127.0.0.1:${server.port}`);
});
