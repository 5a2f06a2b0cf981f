import { connect, type KvClient } from '@kv/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kvd, startKvd } from '../src/index.ts';

const CONNECTIONS = 1000;
const OPERATIONS = 100_000;

let kvd: Kvd;
beforeAll(async () => {
  kvd = await startKvd();
});
afterAll(() => kvd.close());

describe('a thousand connections at once', () => {
  it('do a hundred thousand operations without an error, each with its own answers', {
    timeout: 60_000,
  }, async () => {
    const clients: KvClient[] = [];
    while (clients.length < CONNECTIONS)
      clients.push(
        ...(await Promise.all(
          Array.from({ length: 100 }, () => connect({ url: kvd.url, timeoutMs: 30_000 })),
        )),
      );
    const rounds = OPERATIONS / CONNECTIONS / 4;
    await Promise.all(
      clients.map(async (client, id) => {
        for (let round = 0; round < rounds; round++) {
          const [written, read, count, other] = await Promise.all([
            client.set(`client:${id}`, { id, round }),
            client.get(`client:${id}`),
            client.incr('total'),
            client.get(`client:${(id + 1) % CONNECTIONS}`),
          ]);
          if (written !== 1 || typeof count !== 'number') throw new Error('a wrong answer');
          expect(read).toStrictEqual({ id, round });
          if (other !== undefined) expect(other).toHaveProperty('id', (id + 1) % CONNECTIONS);
        }
      }),
    );
    expect(await clients[0]?.get('total')).toBe(OPERATIONS / 4);
    await Promise.all(clients.map((client) => client.close()));
  });

  it('are refused beyond the limit with an error, and welcome again below it', async () => {
    await using small = await startKvd({ maxClients: 2 });
    const first = await connect(small.url);
    await using second = await connect(small.url);
    await expect(connect(small.url)).rejects.toMatchObject({ code: 'CONNECT' });
    expect(await second.ping()).toBe('PONG');
    await first.close();
    await expect.poll(() => second.execute('INFO', 'clients')).toMatch(/connected_clients:1\r/);
    await using third = await connect(small.url);
    expect(await third.ping()).toBe('PONG');
  });
});

describe('a call that is aborted after it was sent', () => {
  it('rejects at once, and the next call still gets its own reply', async () => {
    await using client = await connect(kvd.url);
    await client.setMany(Array.from({ length: 5000 }, (_, i) => [`many:${i}`, i] as const));
    const controller = new AbortController();
    const aborted = client.with({ signal: controller.signal }).keys('*');
    await new Promise((resolve) => setImmediate(resolve));
    const next = client.get('many:7');
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', sent: true });
    expect(await next).toBe(7);
    expect(await client.get('many:8')).toBe(8);
  });
});

describe('a client that does not read its replies', () => {
  it('is not answered further, while others are', async () => {
    await using client = await connect(kvd.url);
    await client.set('big', new Uint8Array(1_000_000));
    const { RawConnection, requestBytes } = await import('./raw-connection.ts');
    const lazy = await RawConnection.greeted(kvd.port);
    lazy.socket.pause();
    const before = process.memoryUsage.rss();
    lazy.send(requestBytes(...Array.from({ length: 500 }, () => ['GET', 'big'] as const)));
    for (let i = 0; i < 200; i++) expect(await client.ping()).toBe('PONG');
    expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
    lazy.socket.resume();
    for (let i = 0; i < 500; i++) await lazy.next();
    lazy.close();
  });
});
