/** `KVD_IMPORT_KEYS=1000000` is the long form; it tells its figures. */

import { once } from 'node:events';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer,
  type Server,
  type Socket,
} from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RedisConnection } from '../src/tools/redis/redis-connection.ts';
import { type Reply, ReplyParser } from '../src/tools/redis/reply-parser.ts';
import { StoredData } from '../src/tools/stored-data.ts';
import { runHere } from './kvd-process.ts';
import { redisIsInstalled, startRedis } from './redis-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const KEYS = Number(process.env.KVD_IMPORT_KEYS ?? 5_000);
const DAY = 86_400_000;
const root = temporaryDirectory();

/** Fills a Redis: a third of the keys have a deadline, and values are of many lengths. */
async function fill(redis: RedisConnection, count: number): Promise<void> {
  const now = Date.now();
  for (let from = 0; from < count; from += 10_000) {
    const keys = Array.from({ length: Math.min(10_000, count - from) }, (_, i) => from + i);
    await redis.askAll(
      keys.map((i) => {
        const value = `value ${i} `.repeat(i % 17);
        return i % 3 === 0
          ? ['SET', `key:${i}`, value, 'PXAT', String(now + DAY + i)]
          : ['SET', `key:${i}`, value];
      }),
    );
  }
}

/** Keys of a Redis that a data directory does not have exactly so; and how many were compared. */
async function compare(redis: RedisConnection, directory: string, database: number) {
  const files = { directory, dbfilename: 'snapshot.kv' };
  const data = (await StoredData.read(files, { now: Date.now() })) as StoredData;
  await redis.ask('SELECT', String(database));
  let [cursor, compared] = ['0', 0];
  const wrong: string[] = [];
  do {
    const [next, keys] = (await redis.ask('SCAN', cursor, 'COUNT', '1000')) as unknown as [
      Buffer,
      Buffer[],
    ];
    const replies = await redis.askAll(
      keys.flatMap((key) => [
        ['GET', key],
        ['PEXPIRETIME', key],
      ]),
    );
    for (const [i, key] of keys.entries()) {
      const ours = data.find(database, key);
      const [value, deadline] = [replies[2 * i] as Buffer, replies[2 * i + 1]];
      const same =
        ours !== undefined &&
        Buffer.compare(ours.value, value) === 0 &&
        (ours.deadline ?? -1) === deadline;
      if (!same) wrong.push(String(key));
    }
    compared += keys.length;
    cursor = String(next);
  } while (cursor !== '0');
  return { wrong, compared };
}

/** Passes a connection on, and cuts it after so many bytes of answers. */
async function cuttingProxy(port: number, bytes: number): Promise<Server & { port: number }> {
  let left = bytes;
  const server = createServer((socket: Socket) => {
    const upstream = connectTcp(port, '127.0.0.1');
    socket.pipe(upstream);
    const close = () => {
      socket.destroy();
      upstream.destroy();
    };
    for (const side of [socket, upstream]) side.on('error', close).on('close', close);
    upstream.on('data', (piece) => {
      left -= piece.length;
      if (left < 0) {
        left = Number.POSITIVE_INFINITY;
        close();
      } else socket.write(piece);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

describe.skipIf(!redisIsInstalled)(
  'kvd import redis:// (skipped where redis-server is missing)',
  () => {
    it(`copies ${KEYS} keys with their deadlines, each compared with the original`, {
      timeout: 10_000 + KEYS / 20,
    }, async () => {
      await using server = await startRedis();
      using redis = await RedisConnection.open(server.target);
      await fill(redis, KEYS);
      await redis.ask('SELECT', '3');
      await redis.ask('SET', Buffer.from([255, 0]), Buffer.from([0, 254]));
      const dir = join(root, 'copied');
      const began = performance.now();
      const imported = await runHere(['import', `redis://127.0.0.1:${server.port}`, dir]);
      const seconds = (performance.now() - began) / 1000;
      expect(imported).toMatchObject({ code: 0, stderr: '' });
      expect(await compare(redis, dir, 3)).toEqual({ wrong: [], compared: 1 });
      expect(await compare(redis, dir, 0)).toEqual({ wrong: [], compared: KEYS });
      if (KEYS > 100_000)
        console.log(
          `${KEYS} keys in ${seconds.toFixed(1)} s, ${Math.round(KEYS / seconds)} a second`,
        );
    });

    it('goes on where a lost connection has interrupted it', async () => {
      await using server = await startRedis();
      using redis = await RedisConnection.open(server.target);
      await fill(redis, 5_000);
      const proxy = await cuttingProxy(server.port, 200_000);
      const command = ['import', `redis://127.0.0.1:${proxy.port}/0`, join(root, 'resumed')];
      const cut = await runHere(command);
      expect(cut).toMatchObject({ code: 69, stderr: expect.stringContaining('was interrupted') });
      const there = Number(/(\d+) entries are there/.exec(cut.stderr)?.[1]);
      expect(there).toBeGreaterThan(0);
      expect(there).toBeLessThan(5_000);
      const other = await runHere(['import', 'redis://127.0.0.1:1/0', join(root, 'resumed')]);
      expect(other).toMatchObject({ code: 64, stderr: expect.stringContaining('finish that one') });
      expect(await runHere(command)).toMatchObject({ code: 0, stderr: '' });
      proxy.close();
      expect(await compare(redis, join(root, 'resumed'), 0)).toEqual({
        wrong: [],
        compared: 5_000,
      });
      // It is finished: the directory holds data like any other.
      expect((await runHere(command)).code).toBe(64);
    });

    it('takes a password, copies what it has types for, and counts the rest', async () => {
      await using server = await startRedis(['--requirepass', 'p@ss']);
      using redis = await RedisConnection.open({ ...server.target, password: 'p@ss' });
      await redis.askAll([
        ['SET', 'a', '1'],
        ['RPUSH', 'list', 'x'],
        ['HSET', 'hash', 'f', 'v'],
      ]);
      const url = (password: string) => `redis://:${password}@127.0.0.1:${server.port}`;
      const refused = await runHere(['import', url('wrong'), join(root, 'refused')]);
      expect(refused).toMatchObject({ code: 69, stderr: expect.stringContaining('WRONGPASS') });
      const imported = await runHere(['import', url('p%40ss'), join(root, 'strings')]);
      expect(imported).toMatchObject({ code: 1, stdout: expect.stringContaining('1 entries') });
      expect(imported.stderr).toContain('1 of type list');
      expect(imported.stderr).toContain('1 of type hash');
    });
  },
);

describe('replies of a Redis', () => {
  it('are the same in one piece, cut at any byte, and byte by byte', () => {
    const text = Buffer.from(
      '+OK\r\n-WRONGTYPE no\r\n:-2\r\n$5\r\na\r\nbc\r\n$-1\r\n*3\r\n$1\r\n0\r\n*0\r\n*-1\r\n$0\r\n\r\n',
    );
    const read = (pieces: readonly Buffer[]) => {
      const parser = new ReplyParser();
      const replies: Reply[] = [];
      for (const piece of pieces) {
        parser.push(piece);
        for (let reply = parser.next(); reply !== undefined; reply = parser.next())
          replies.push(reply);
      }
      return JSON.stringify(replies);
    };
    const whole = read([text]);
    expect(JSON.parse(whole)).toHaveLength(7);
    for (let at = 1; at < text.length; at++)
      expect(read([text.subarray(0, at), text.subarray(at)])).toBe(whole);
    expect(read(Array.from(text, (byte) => Buffer.from([byte])))).toBe(whole);
  });
});
