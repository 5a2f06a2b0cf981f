import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  FakeServer,
  failure,
  integer,
  list,
  push,
  type Reply,
  storedBytes,
  text,
  value,
} from '../test/fake-server.ts';
import { ManualTimers } from '../test/manual-timers.ts';
import { nextTurn, rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';
import type { Subscription } from './subscription.ts';

let server: FakeServer;
let client: KvClient;
let timers: ManualTimers;
beforeEach(async () => {
  server = await FakeServer.listen(() => integer(1));
  timers = new ManualTimers();
  client = await connect({ url: server.url, timers, random: () => 1 });
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
});

const publish = (...parts: readonly Reply[]) => server.last.socket.write(push(list(...parts)));
const message = (channel: string, body: unknown) =>
  publish(text('message'), text(channel), value(body));
const taken = async (subscription: Subscription) => (await subscription.next()).value;

async function reconnect(): Promise<void> {
  server.last.drop();
  while (client.state === 'ready') await nextTurn();
  const before = server.connections.length;
  timers.advance(2000 - 1);
  await server.until(() => server.connections.length > before);
}

describe('a subscription', () => {
  test('gives what is published, typed, to each that listens, and tells the server once', async () => {
    const a = client.subscribe<{ n: bigint }>('news');
    const b = client.with({ prefix: 'p:' }).subscribe(['news', 'other']);
    await Promise.all([a.ready, b.ready]);
    message('news', { n: 1n });
    message('other', null);
    const first = { kind: 'message', channel: 'news', value: { n: 1n } };
    expect(await taken(a)).toEqual(first);
    expect(await taken(b)).toEqual(first);
    expect(await taken(b)).toEqual({ kind: 'message', channel: 'other', value: null });
    await a.close();
    await b.close();
    await client.ping();
    expect(server.last.lines).toEqual([
      'SUBSCRIBE news',
      'SUBSCRIBE news other',
      'UNSUBSCRIBE news other',
      'PING',
    ]);
  });

  test('to patterns and to shard channels gets theirs', async () => {
    const pattern = client.psubscribe('n*');
    const shard = client.ssubscribe('news');
    await Promise.all([pattern.ready, shard.ready]);
    publish(text('unheard-of'), text('news'));
    publish(text('smessage'), text('news'), value(1));
    publish(text('pmessage'), text('n*'), text('news'), value(2));
    expect(await taken(shard)).toEqual({ kind: 'message', channel: 'news', value: 1 });
    const expected = { kind: 'message', channel: 'news', value: 2, pattern: 'n*' };
    expect(await taken(pattern)).toEqual(expected);
  });

  test('ends with its loop, with close, and with unsubscribe', async () => {
    const loop = client.subscribe('a');
    await loop.ready;
    message('a', 1);
    for await (const event of loop) {
      expect(event.kind).toBe('message');
      break;
    }
    expect(await loop.next()).toEqual({ value: undefined, done: true });
    const waiting = client.subscribe(['b', 'c']);
    const last = waiting.next();
    expect(await client.unsubscribe('c')).toBe(1);
    expect(await client.unsubscribe()).toBe(0);
    expect((await last).done).toBe(true);
  });

  test('that is refused throws, when it is awaited and in the loop', async () => {
    server.script = () => failure('NOPERM');
    const refused = client.subscribe('a');
    const looped = rejection(taken(refused));
    await expect(refused.ready).rejects.toMatchObject({ replyCode: 'NOPERM' });
    expect(await looped).toMatchObject({ replyCode: 'NOPERM' });
    expect((await refused.next()).done).toBe(true);
    expect(() => client.subscribe([])).toThrow();
    expect(() => client.subscribe('a', { queueMax: 0 })).toThrow();
    await expect(client.execute('SUBSCRIBE', 'a')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  test('ends with its signal, with that of its view, and with the client', async () => {
    const aborter = new AbortController();
    const one = client.subscribe('a', { signal: aborter.signal });
    const two = client.with({ signal: aborter.signal }).subscribe('a');
    const three = client.subscribe('a');
    await Promise.all([one.ready, two.ready, three.ready]);
    const both = [rejection(taken(one)), rejection(taken(two))];
    aborter.abort();
    for (const ended of both) expect(await ended).toMatchObject({ code: 'ABORTED' });
    const aborted = client.subscribe('a', { signal: aborter.signal });
    await expect(aborted.ready).rejects.toMatchObject({ code: 'ABORTED' });
    const last = three.next();
    await client.close();
    expect((await last).done).toBe(true);
  });

  test('that is not taken drops what waits and says so', async () => {
    const slow = client.subscribe('a', { queueMax: 2 });
    await slow.ready;
    for (let i = 1; i <= 3; i++) message('a', i);
    await client.ping();
    expect(await taken(slow)).toMatchObject({ kind: 'missed', reason: { code: 'QUEUE_FULL' } });
    expect(await taken(slow)).toMatchObject({ value: 3 });
  });

  test('says so when a message could not be decoded', async () => {
    const all = client.subscribe('a');
    await all.ready;
    publish(text('message'), text('a'), storedBytes(Uint8Array.of(0xc1)));
    message('a', 'next');
    expect(await taken(all)).toMatchObject({ kind: 'missed', reason: { code: 'MALFORMED' } });
    expect(await taken(all)).toMatchObject({ value: 'next' });
  });
});

describe('when the connection is lost', () => {
  test('subscriptions are made again, and say that messages may have been missed', async () => {
    const channel = client.subscribe('a');
    const pattern = client.psubscribe('b*');
    await Promise.all([channel.ready, pattern.ready]);
    await reconnect();
    expect(await taken(channel)).toMatchObject({ kind: 'missed', reason: { code: 'CONNECT' } });
    expect(await taken(pattern)).toMatchObject({ kind: 'missed' });
    expect(server.last.lines).toEqual(['SUBSCRIBE a', 'PSUBSCRIBE b*']);
    message('a', 1);
    expect(await taken(channel)).toMatchObject({ value: 1 });
  });

  test('again while they are made again, all are made on the connection that stays', async () => {
    const channel = client.subscribe('a');
    const pattern = client.psubscribe('b*');
    await Promise.all([channel.ready, pattern.ready]);
    // The second connection confirms one of the two and is lost.
    server.script = ({ name }) => (name === 'SUBSCRIBE' ? integer(1) : undefined);
    await reconnect();
    await server.received(2);
    await nextTurn();
    server.script = () => integer(1);
    await reconnect();
    expect(await taken(channel)).toMatchObject({ kind: 'missed' });
    expect(await taken(pattern)).toMatchObject({ kind: 'missed' });
    expect(server.last.lines).toEqual(expect.arrayContaining(['SUBSCRIBE a', 'PSUBSCRIBE b*']));
  });

  test('for good, they throw why', async () => {
    const once = await connect({ url: server.url, timers, reconnect: false });
    const subscription = once.subscribe('a');
    await subscription.ready;
    const ended = rejection(taken(subscription));
    server.last.drop();
    expect(await ended).toMatchObject({ code: 'CONNECT' });
  });
});

describe('a connection that only listens', () => {
  test('is asked for a sign of life when it has been silent for long', async () => {
    await using news = client.subscribe('news');
    await news.ready;
    timers.advance(9_000);
    message('news', 1);
    await taken(news);
    timers.advance(9_999);
    await nextTurn();
    expect(server.last.lines).toEqual(['SUBSCRIBE news']);
    timers.advance(1);
    await server.received(2);
    expect(server.last.lines).toEqual(['SUBSCRIBE news', 'PING']);
    while (client.pending > 0) await nextTurn();
    timers.advance(10_000);
    await server.received(3);
    expect(client.state).toBe('ready');
  });

  test('is given up when it gives none, and the next one is told again', async () => {
    await using news = client.subscribe('news');
    await news.ready;
    server.script = () => undefined;
    timers.advance(10_000);
    await server.received(2);
    timers.advance(9_999);
    await nextTurn();
    expect(client.state).toBe('ready');
    server.script = () => integer(1);
    timers.advance(1);
    await nextTurn();
    expect(client.state).toBe('reconnecting');
    timers.advance(1000);
    expect(await taken(news)).toMatchObject({ kind: 'missed', reason: { code: 'CONNECT' } });
    expect(server.connections).toHaveLength(2);
  });

  test('is asked no more when nobody listens', async () => {
    const news = client.subscribe('news');
    await news.ready;
    await news.close();
    await client.ping();
    const count = server.last.requests.length;
    timers.advance(100_000);
    await nextTurn();
    expect(server.last.requests).toHaveLength(count);
    expect(timers.running).toBe(0);
  });
});
