// Packages that people use with Redis, each through its own public interface and with its own
// usual client.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import KeyvRedis from '@keyv/redis';
import { createAdapter } from '@socket.io/redis-adapter';
import { Cacheable } from 'cacheable';
import { RedisStore } from 'connect-redis';
import session from 'express-session';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis } from 'ioredis';
import Keyv from 'keyv';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { createStorage } from 'unstorage';
import redisDriver from 'unstorage/drivers/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Kvd, startKvd } from '../src/index.ts';

let now = Date.now();
let kvd: Kvd;
let url: string;
beforeAll(async () => {
  kvd = await startKvd({ clock: { now: () => now } });
  url = `redis://127.0.0.1:${kvd.port}`;
});
afterAll(() => kvd.close());

it('keyv with @keyv/redis: values, TTLs, namespaces and clearing', async () => {
  const users = new Keyv({ store: new KeyvRedis(url), namespace: 'users' });
  const others = new Keyv({ store: new KeyvRedis(url), namespace: 'others' });
  await users.set('ada', { born: 1815 }, 10_000);
  await others.set('ada', 'another');
  expect(await users.get('ada')).toEqual({ born: 1815 });
  expect(await users.has('ada')).toBe(true);
  expect(await users.getMany(['ada', 'bob'])).toEqual([{ born: 1815 }, undefined]);
  now += 10_000;
  expect(await users.get('ada')).toBeUndefined();
  await users.set('bob', 1);
  expect(await users.delete('bob')).toBe(true);
  await users.clear();
  expect(await others.get('ada')).toBe('another');
  await users.disconnect();
  await others.disconnect();
});

it('cacheable: a second layer behind memory', async () => {
  const first = new Cacheable({ secondary: new KeyvRedis(url) });
  await first.set('k', { a: [1, 2] }, '1h');
  const second = new Cacheable({ secondary: new KeyvRedis(url) });
  expect(await second.get('k')).toEqual({ a: [1, 2] });
  await second.delete('k');
  expect(await new Cacheable({ secondary: new KeyvRedis(url) }).get('k')).toBeUndefined();
  await first.disconnect();
  await second.disconnect();
});

it('connect-redis: sessions of express-session over HTTP', async () => {
  const client = createClient({ url });
  await client.connect();
  const middleware = session({
    store: new RedisStore({ client, ttl: 60 }),
    secret: 'secret',
    resave: false,
    saveUninitialized: false,
  });
  const server = createServer((request, response) => {
    const withSession = request as typeof request & { session: { visits?: number } };
    middleware(request as never, response as never, () => {
      withSession.session.visits = (withSession.session.visits ?? 0) + 1;
      response.end(String(withSession.session.visits));
    });
  }).listen(0);
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const first = await fetch(address);
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect(await first.text()).toBe('1');
  const again = async () => (await fetch(address, { headers: { cookie } })).text();
  expect(await again()).toBe('2');
  now += 61_000;
  expect(await again()).toBe('1');
  server.close();
  client.destroy();
});

it("unstorage's redis driver: items, keys and clearing", async () => {
  const storage = createStorage({ driver: redisDriver({ url, base: 'storage' }) });
  await storage.setItem('a:b', { c: 1 });
  await storage.setItem('a:d', 'text', { ttl: 5 });
  expect(await storage.getItem('a:b')).toEqual({ c: 1 });
  expect((await storage.getKeys('a')).sort()).toEqual(['a:b', 'a:d']);
  now += 5000;
  expect(await storage.hasItem('a:d')).toBe(false);
  await storage.clear();
  expect(await storage.getKeys()).toEqual([]);
  await storage.dispose();
});

const REQUESTS = 'socket.io-request#/#';

it("socket.io's redis adapter: two servers exchange messages", async () => {
  const makeServer = async () => {
    const [publisher, subscriber] = [new Redis(url), new Redis(url)];
    const http = createServer().listen(0);
    await once(http, 'listening');
    const server = new Server(http, { adapter: createAdapter(publisher, subscriber) });
    server.on('connection', (socket) => socket.join('room'));
    const { port } = http.address() as AddressInfo;
    const close = async () => {
      await server.close();
      publisher.disconnect();
      subscriber.disconnect();
    };
    // Servers find each other by what they have subscribed to.
    const others = async () => Number((await publisher.pubsub('NUMSUB', REQUESTS))[1]);
    return { server, port, others, close };
  };
  const [one, other] = await Promise.all([makeServer(), makeServer()]);
  while ((await one.others()) < 2) await new Promise(setImmediate);
  const client = io(`http://127.0.0.1:${other.port}`, { transports: ['websocket'] });
  await new Promise((resolve) => client.on('connect', () => resolve(undefined)));
  const received = new Promise((resolve) => client.on('news', resolve));
  other.server.on('hello', (answer: (text: string) => void) => answer('hello yourself'));
  expect(await one.server.serverSideEmitWithAck('hello')).toEqual(['hello yourself']);
  one.server.to('room').emit('news', { from: 'the other server' });
  expect(await received).toEqual({ from: 'the other server' });
  expect(await one.server.in('room').fetchSockets()).toHaveLength(1);
  client.disconnect();
  await one.close();
  await other.close();
});

it('graphql-redis-subscriptions: iterators and patterns', async () => {
  const pubsub = new RedisPubSub({ connection: url });
  const iterator = pubsub.asyncIterator<{ id: number }>('post.*', { pattern: true });
  const next = iterator.next();
  // The subscription is on its way, and the server takes one thing after the other.
  await pubsub.subscribe('post.added', () => {});
  await pubsub.publish('post.added', { id: 1 });
  expect((await next).value).toEqual({ id: 1 });
  await iterator.return?.();
  await pubsub.close();
});
