import { connect } from '@kv/client';
import { expect, it } from 'vitest';
import { kvdWithClient } from './kvd-with-client.ts';

const { clock, kvd, client } = await kvdWithClient();

it('executes a batch with nobody in between, and answers it typed', async () => {
  await using other = await connect(kvd.url);
  const transfer = () =>
    client.batch((b) => [b.decrby('from', 5), b.incrby('to', 5), b.mget<number>('from', 'to')]);
  const reader = async () => {
    for (let i = 0; i < 50; i++) {
      const [from = 0, to = 0] = await other.mget<number>('from', 'to');
      expect(from + to).toBe(0);
    }
  };
  const transfers = Array.from({ length: 50 }, transfer);
  await Promise.all([...transfers, reader()]);
  expect(await transfer()).toEqual([-255, 255, [-255, 255]]);
});

it('executes nothing of a batch that has a command it refuses, and goes on after a failure inside', async () => {
  await client.set('text', 'abc');
  const refused = client.batch((b) => [b.set('k', 1), b.hello(99)]);
  await expect(refused).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  const wrongArity = client.batch((b) => [
    b.set('k', 1),
    (b.get as (...args: unknown[]) => ReturnType<typeof b.get>)(),
  ]);
  await expect(wrongArity).rejects.toMatchObject({ code: 'REPLY', replyCode: 'ERR' });
  expect(await client.get('k')).toBeUndefined();
  const failed = client.batch((b) => [b.set('k', 1), b.incr('text'), b.incr('k')]);
  await expect(failed).rejects.toMatchObject({ replyCode: 'ERR', replies: [1, {}, 2] });
  expect(await client.get('k')).toBe(2);
});

it('writes only over a value that is equal, with its type', async () => {
  await client.set('k', { a: [1, 2n, new Date(0)] });
  expect(await client.set('k', 1, { if: { equals: { a: [1, 2, new Date(0)] } } })).toBe(0);
  expect(await client.set('k', 1, { if: { equals: { a: [1, 2n, new Date(0)] } } })).toBe(1);
  expect(await client.delifeq('k', '1')).toBe(0);
  expect(await client.delifeq('k', 1)).toBe(1);
});

it('loses no update when many clients change a value at once', async () => {
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect(kvd.url)));
  const add = (one: typeof client) =>
    one.update<{ n: number }>('k', (current) => ({ n: (current?.n ?? 0) + 1 }));
  for (let i = 0; i < 4; i++) await Promise.all(clients.map(add));
  expect(await client.get('k')).toEqual({ n: 20 });
  await Promise.all(clients.map((one) => one.close()));
});

it('keeps the TTL of a key that it updates', async () => {
  await client.set('k', 1, { ttlMs: 1000 });
  await client.update<number>('k', (n = 0) => n + 1);
  expect(await client.pttl('k')).toBe(1000);
  clock.advance(1000);
  expect(await client.update<number>('k', (n = 10) => n + 1, { ttlMs: 500 })).toBe(11);
  expect(await client.pttl('k')).toBe(500);
});
