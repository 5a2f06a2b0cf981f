import { once } from 'node:events';
import { FrameKind } from '@kv/protocol';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { kvdWithClient } from './kvd-with-client.ts';
import { RawConnection, requestBytes } from './raw-connection.ts';

const { clock, kvd, client } = await kvdWithClient();

const countIn = (reply: unknown): unknown => (reply as unknown[])[1];
const count = async (channel: string) => countIn(await client.pubsubNumsub(channel));
const shardCount = async (channel: string) => countIn(await client.pubsubShardnumsub(channel));

/** Waits until something is true; what makes it true is on its way already. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await client.ping();
}

describe.each([2, 3] as const)('node-redis over RESP%i', (RESP) => {
  it('subscribes to channels, patterns and shard channels', async () => {
    const subscriber = createClient({ url: `redis://127.0.0.1:${kvd.port}`, RESP });
    await subscriber.connect();
    const got: string[] = [];
    const note = (message: string, channel: string) => got.push(`${channel}: ${message}`);
    await subscriber.subscribe('news', note);
    await subscriber.pSubscribe('n*', note);
    await subscriber.sSubscribe('shard', note);
    expect(await client.publish('news', 'a')).toBe(2);
    expect(await client.publish('nothing', 'b')).toBe(1);
    expect(await client.spublish('shard', 'c')).toBe(1);
    expect(await client.publish('shard', 'd')).toBe(0);
    await until(() => got.length === 4);
    expect(got).toEqual(['news: a', 'news: a', 'nothing: b', 'shard: c']);
    expect(await client.pubsubChannels()).toEqual(['news']);
    expect(await client.pubsubNumsub('news', 'x')).toEqual(['news', 1, 'x', 0]);
    expect(await client.pubsubNumpat()).toBe(1);
    expect(await client.pubsubShardchannels('s*')).toEqual(['shard']);
    await subscriber.unsubscribe('news');
    await subscriber.pUnsubscribe();
    expect(await client.publish('news', 'e')).toBe(0);
    subscriber.destroy();
    await until(async () => (await shardCount('shard')) === 0);
  });
});

describe('ioredis', () => {
  it('subscribes, is told apart in CLIENT LIST, and may send nothing else over RESP2', async () => {
    const subscriber = new Redis(kvd.port, { protocol: 2, enableReadyCheck: false } as object);
    await subscriber.subscribe('a', 'b');
    const message = once(subscriber, 'message');
    await client.publish('b', 'text');
    expect(await message).toEqual(['b', 'text']);
    await expect(subscriber.call('GET', 'k')).rejects.toThrow(/subscri/i);
    expect(await client.clientList()).toMatch(/flags=P .*sub=2 /);
    subscriber.disconnect();
  });
});

describe('the native protocol', () => {
  it('sends messages as pushes, with the types that they were published with', async () => {
    const subscriber = await RawConnection.greeted(kvd.port);
    subscriber.send(requestBytes(['SUBSCRIBE', 'a', 'b'], ['PSUBSCRIBE', 'a*']));
    expect([await subscriber.next(), await subscriber.next()].map(({ body }) => body)).toEqual([
      2, 3,
    ]);
    const value = { at: new Date(0), big: 7n };
    expect(await client.publish('a', value)).toBe(2);
    expect(await subscriber.next()).toEqual({
      kind: FrameKind.PUSH,
      body: ['message', 'a', value],
    });
    expect((await subscriber.next()).body).toEqual(['pmessage', 'a*', 'a', value]);
    // Other commands go on, and a message to itself comes like any other.
    subscriber.send(requestBytes(['GET', 'nothing'], ['PUBLISH', 'b', 1]));
    const bodies = [await subscriber.next(), await subscriber.next(), await subscriber.next()];
    expect(bodies.map(({ body }) => body)).toEqual([undefined, 1, ['message', 'b', 1]]);
    subscriber.close();
  });
});

describe('a subscriber that does not read', () => {
  it('is cut off at its limit, and the others get everything', async () => {
    const slow = await RawConnection.open(kvd.port);
    slow.send('SUBSCRIBE flood\r\n');
    await until(async () => (await count('flood')) === 1);
    slow.socket.pause();
    const reader = createClient({ url: `redis://127.0.0.1:${kvd.port}` });
    await reader.connect();
    let got = 0;
    await reader.subscribe('flood', () => got++);
    const message = new Uint8Array(1024 * 1024);
    let sent = 0;
    do {
      await client.publish('flood', message);
      sent++;
    } while ((await count('flood')) === 2 && sent < 100);
    expect(sent).toBeLessThan(100);
    await until(() => got === sent);
    reader.destroy();
    slow.close();
  });
});

describe('notify-keyspace-events', () => {
  it('tells what happens to keys, expiry too, and nothing until it is asked to', async () => {
    const subscriber = createClient({ url: `redis://127.0.0.1:${kvd.port}` });
    await subscriber.connect();
    const got: string[] = [];
    await subscriber.pSubscribe('__key*@0__:*', (message, channel) => {
      got.push(`${channel.replace(/^__key/, '')} ${message}`);
    });
    await client.set('quiet', 1);
    await expect(client.configSet('notify-keyspace-events', 'Q')).rejects.toMatchObject({
      replyCode: 'ERR',
    });
    await client.configSet('notify-keyspace-events', 'AKE');
    expect(await client.configGet('notify-*')).toEqual({ 'notify-keyspace-events': 'AKE' });
    await client.set('k', 1, { ttlMs: 1 });
    await client.rename('quiet', 'loud');
    clock.advance(1);
    expect(await client.get('k')).toBeUndefined();
    await client.configSet('notify-keyspace-events', '');
    await client.delete('loud');
    const events = got.filter((line) => line.startsWith('space')).map((line) => line.slice(10));
    expect(events).toEqual([
      'k set',
      'k expire',
      'quiet rename_from',
      'loud rename_to',
      'k expired',
    ]);
    expect(got.filter((line) => line.startsWith('event@0__:expired'))).toEqual([
      'event@0__:expired k',
    ]);
    subscriber.destroy();
  });
});

describe('notify-keyspace-events with V', () => {
  it('sends what an entry held that has expired, natively with its type', async () => {
    await client.configSet('notify-keyspace-events', 'V');
    const subscriber = await RawConnection.greeted(kvd.port);
    subscriber.send(requestBytes(['PSUBSCRIBE', '__expired@0__:*']));
    await subscriber.next();
    const value = { id: 7n, seen: new Date(0) };
    await client.set('session', value, { ttlMs: 1 });
    await client.set('other', 'untouched');
    clock.advance(1);
    expect(await client.get('session')).toBeUndefined();
    expect((await subscriber.next()).body).toEqual([
      'pmessage',
      '__expired@0__:*',
      '__expired@0__:session',
      value,
    ]);
    expect(await client.configGet('notify-*')).toEqual({ 'notify-keyspace-events': 'V' });
    await client.configSet('notify-keyspace-events', '');
    subscriber.close();
  });
});
