import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Refusal, startServer, TestServer } from '../test/harness.ts';
import { HANDSHAKE_MS_MAX, INPUT_STALL_MS_MAX } from './limits.ts';

test('over the limit a client gets an error, and its place is free again when another leaves', async () => {
  await using server = await startServer({ limits: { connectionsMax: 1, idleMsMax: 0 } });
  const first = await server.greeted();
  const second = await server.connect();
  expect((await second.next(1))[0]).toMatchObject({ code: 'ERR' } satisfies Partial<Refusal>);
  await second.ended;
  second.socket.end();
  first.socket.end();
  await first.closed;
  await second.closed;
  await expect
    .poll(() => server.log.lines.filter((l) => l.message === 'client disconnected').length)
    .toBe(2);
  expect(await (await server.greeted()).call('PING')).toBe('PONG');
  expect(server.server.statistics.rejectedConnections).toBe(1);
});

test('a client that does not say HELLO is cut off', async () => {
  await using server = await startServer();
  const silent = await server.connect();
  const greeted = await server.greeted();
  server.timers.advance(HANDSHAKE_MS_MAX + 1000);
  await silent.ended;
  expect(await greeted.call('PING')).toBe('PONG');
});

test('an idle client is cut off by the monotonic clock, whatever the other clock says', async () => {
  await using server = await startServer({ limits: { connectionsMax: 100, idleMsMax: 60_000 } });
  const client = await server.greeted();
  server.clock.time += 3_600_000;
  server.timers.advance(30_000);
  expect(await client.call('PING')).toBe('PONG');
  server.timers.advance(59_000);
  expect(await client.call('PING')).toBe('PONG');
  server.timers.advance(62_000);
  await client.ended;
});

test('a client that waits for its reply is not idle', async () => {
  await using server = await startServer({ limits: { connectionsMax: 100, idleMsMax: 60_000 } });
  const client = await server.greeted();
  client.send(['SAVE']);
  await expect.poll(() => server.snapshots.saving).toBe(true);
  server.timers.advance(120_000);
  server.snapshots.finish();
  expect(await client.next(1)).toEqual(['OK']);
});

test('a request that arrives by the byte does not hold its connection', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  const { statistics } = server.server;
  const received = (bytes: number) =>
    expect.poll(() => statistics.inputBytes, { interval: 1 }).toBe(bytes);
  let total = statistics.inputBytes + 6;
  client.socket.write(Uint8Array.of(0, 0, 16, 0, 1, 0x92));
  await received(total);
  for (let ms = 0; ms < INPUT_STALL_MS_MAX; ms += 1000) {
    server.timers.advance(1000);
    client.socket.write(Uint8Array.of(0xa3));
    total++;
    await received(total);
  }
  expect(await (await server.greeted()).call('PING')).toBe('PONG');
  server.timers.advance(1000);
  await client.ended;
  await server.log.seen('client cut off');
});

test('SAVE is refused while another save is in the way, and one that FLUSH has undone is not', async () => {
  await using server = await startServer();
  const first = await server.greeted();
  const second = await server.greeted();
  first.send(['SAVE']);
  await expect.poll(() => server.snapshots.saving).toBe(true);
  expect(await second.call('SAVE')).toMatchObject({
    code: 'ERR',
    message: expect.stringContaining('in progress'),
  });
  await second.call('FLUSH');
  second.send(['SAVE'], ['PING']);
  await expect.poll(() => server.snapshots.saves).toBe(2);
  server.snapshots.finish();
  expect(await second.next(2)).toEqual(['OK', 'PONG']);
});

test('closing answers what has arrived, waits for parked replies, and cuts off who stays', async () => {
  const server = await startServer();
  const saving = await server.greeted();
  const idle = await server.greeted();
  saving.send(['SAVE'], ['SET', 'a', 1], ['GET', 'a']);
  await expect.poll(() => server.snapshots.saving).toBe(true);
  const closed = server.server.close({ drainMs: 1000 });
  await idle.ended;
  server.snapshots.finish();
  expect(await saving.next(3)).toEqual(['OK', 1, 1]);
  await saving.ended;
  saving.socket.end();
  server.timers.advance(1000);
  await closed;
  expect(server.timers.size).toBe(0);
  await expect(server.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('SHUTDOWN closes the connections, its own too, and does not save while loading', async () => {
  const server = await startServer();
  const client = await server.greeted();
  server.loading = true;
  expect(await client.call('GET', 'a')).toMatchObject({ code: 'LOADING' });
  client.send(['SHUTDOWN', 'SAVE'], ['PING']);
  await client.ended;
  client.socket.end();
  await client.closed;
  expect(server.shutdowns).toEqual([{ save: false, force: false }]);
  expect(client.replies).toHaveLength(2);
});

test('a client that came while data was loaded has the database it has selected, whatever was exchanged', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  await client.call('SET', 'in', 'zero');
  server.loading = true;
  const other = await server.greeted();
  await other.call('SELECT', 1);
  server.keyspaces.swap(0, 1);
  server.server.loaded();
  server.loading = false;
  expect(await client.call('GET', 'in')).toBeUndefined();
  expect(await other.call('GET', 'in')).toBe('zero');
});

test('listens on IPv6 too, where there is one', async () => {
  await using server = await startServer();
  const listener = await server.server.listen({ host: '::1', port: 0 }).catch(() => undefined);
  if (listener !== undefined) expect(listener.address).toBe(`[::1]:${listener.port}`);
});

test('a port in use is the error of the system', async () => {
  await using server = await startServer();
  await expect(
    server.server.listen({ host: '127.0.0.1', port: server.server.port }),
  ).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test.skipIf(process.platform === 'win32')(
  'a Unix socket that nobody answers on is replaced, nothing else is',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kvd-'));
    try {
      const path = join(directory, 'sock');
      await using server = await new TestServer().listen({ path });
      expect(await (await server.greeted()).call('PING')).toBe('PONG');
      await expect(new TestServer().listen({ path })).rejects.toMatchObject({ code: 'EADDRINUSE' });

      const file = join(directory, 'file');
      await writeFile(file, 'precious');
      await expect(new TestServer().listen({ path: file })).rejects.toMatchObject({
        code: 'EADDRINUSE',
      });

      const deserted = join(directory, 'deserted');
      await leaveSocket(deserted);
      await using second = await new TestServer().listen({ path: deserted });
      expect(await (await second.greeted()).call('PING')).toBe('PONG');
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
);

/** A socket's file as a killed process leaves it. */
async function leaveSocket(path: string): Promise<void> {
  const { link } = await import('node:fs/promises');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.first`, resolve));
  await link(`${path}.first`, path);
  await new Promise((resolve) => server.close(resolve));
}

test('commands see each other’s work: a small tour', async () => {
  await using server = await startServer();
  const c = await server.greeted();
  expect(await c.call('SET', 'n', 41)).toBe(1);
  expect(await c.call('INCR', 'n')).toBe(42);
  expect(await c.call('APPEND', 'n', 'x')).toBe(3);
  expect(await c.call('GET', 'n')).toBe('42x');
  expect(await c.call('SETEX', 'n', 0, 'v')).toMatchObject({ code: 'ERR' });
  expect(await c.call('SETEX', 't', 5, 'v')).toBe(1);
  expect(await c.call('TTL', 't')).toBe(5);
  server.clock.time += 5000;
  expect(await c.call('GET', 't')).toBeUndefined();
  expect(await c.call('MSET', 'a', 1, 'b', null)).toBe(2);
  expect(await c.call('MGET', 'a', 'b', 'none')).toEqual([1, null, undefined]);
  expect(await c.call('SCAN', '99999999999999999999')).toMatchObject({ code: 'ERR' });
  expect(await c.call('KEYS', '[ab]')).toEqual(['a', 'b']);
  expect(await c.call('COMMAND', 'GETKEYS', 'MSET', 'a', 1, 'b', 2)).toEqual(['a', 'b']);
  expect(await c.call('COMMAND', 'GETKEYS', 'GET', 1)).toMatchObject({ code: 'ERR' });
  expect(await c.call('INFO', 'stats')).toMatch(/total_error_replies:3\r\n/);
  expect(await c.call('SELECT', 16)).toMatchObject({ code: 'ERR' });
  expect(await c.call('SELECT', 1)).toBe('OK');
  expect(await c.call('GET', 'a')).toBeUndefined();
  expect(await c.call('CLIENT', 'LIST')).toMatch(
    /^id=1 addr=127\.0\.0\.1:\d+ .* db=1 .* cmd=client\|list/,
  );
});
