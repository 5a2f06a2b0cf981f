import { connect, type SubscriptionEvent } from '@kv/client';
import { expect, it } from 'vitest';
import { startKvd } from '../src/index.ts';
import { kvdWithClient } from './kvd-with-client.ts';

const { kvd, client } = await kvdWithClient();

it('gives messages with their types, from channels, patterns and shard channels', async () => {
  await using publisher = await connect(kvd.url);
  await using channel = client.subscribe<Date>('news');
  await using pattern = client.psubscribe('n?ws');
  await using shard = client.ssubscribe<Map<string, bigint>>('news');
  await Promise.all([channel.ready, pattern.ready, shard.ready]);
  expect(await publisher.publish('news', new Date(5))).toBe(2);
  expect(await publisher.spublish('news', new Map([['a', 1n]]))).toBe(1);
  const message = { kind: 'message', channel: 'news', value: new Date(5) };
  expect(await channel.next()).toEqual({ done: false, value: message });
  expect(await pattern.next()).toEqual({ done: false, value: { ...message, pattern: 'n?ws' } });
  const { value } = await shard.next();
  expect(value).toEqual({ ...message, value: new Map([['a', 1n]]) });
  await channel.close();
  expect(await publisher.publish('news', 1)).toBe(1);
});

it('survives a restart of the server and says what it may have missed', async () => {
  const first = await startKvd();
  await using listener = await connect({ url: first.url, backoffMs: { first: 1, most: 20 } });
  await using news = listener.subscribe<number>('news');
  await news.ready;
  expect(await listener.publish('news', 1)).toBe(1);
  const events: SubscriptionEvent<number>[] = [];
  const take = async () => {
    const { value } = await news.next();
    if (value !== undefined) events.push(value);
  };
  await take();
  await first.close();
  await using second = await startKvd({ port: first.port });
  await take();
  await using publisher = await connect(second.url);
  expect(await publisher.publish('news', 2)).toBe(1);
  await take();
  expect(events).toMatchObject([
    { kind: 'message', value: 1 },
    { kind: 'missed', reason: { code: 'CONNECT' } },
    { kind: 'message', value: 2 },
  ]);
});

it('goes on with other calls on the same connection', async () => {
  await using news = client.subscribe('news');
  await news.ready;
  await client.set('k', 1);
  const all = Promise.all(
    Array.from({ length: 100 }, (_, i) => (i % 2 ? client.publish('news', i) : client.get('k'))),
  );
  expect(await all).toEqual(Array.from({ length: 100 }, () => 1));
  for (let i = 1; i < 100; i += 2)
    expect(await news.next()).toMatchObject({ value: { kind: 'message', value: i } });
});
