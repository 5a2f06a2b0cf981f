import { FrameKind, makeDurable } from '@kv/protocol';
import { expect, test } from 'vitest';
import { frames, startServer, type TestServer } from '../test/harness.ts';

type Request = readonly [string, ...unknown[]];

/** The same requests, to be answered when they are on disk. */
function durable(...requests: readonly Request[]): Uint8Array {
  const bytes = frames(...requests);
  makeDurable(bytes, new DataView(bytes.buffer), 0, bytes.length);
  expect(bytes[4]).toBe(FrameKind.DURABLE_REQUEST);
  return bytes;
}

/** A server whose log makes nobody wait but who asks for it. */
async function lagging(): Promise<TestServer> {
  const server = await startServer();
  server.appendLog.enabled = true;
  server.appendLog.lags = true;
  return server;
}

test('a durable request is executed at once and answered when it is on disk; others do not wait', async () => {
  await using server = await lagging();
  const client = await server.greeted();
  const other = await server.greeted();
  client.socket.write(durable(['SET', 'a', 'x']));
  await expect.poll(() => server.appendLog.waiters).toBe(1);
  expect(await other.call('GET', 'a')).toBe('x');
  expect(await other.call('SET', 'b', 'y')).toBe(1);
  expect(client.replies).toHaveLength(1);
  server.appendLog.release();
  await client.next(1);
  expect(client.replies.at(-1)).toBe(1);
});

test('what comes behind a durable request is executed, and answered behind it', async () => {
  await using server = await lagging();
  const client = await server.greeted();
  const bytes = [frames(['SET', 'a', 'x']), durable(['INCR', 'n']), frames(['GET', 'n'])];
  client.socket.write(Buffer.concat(bytes));
  // What comes behind it waits for its turn, and needs no place on the disk of its own.
  await expect.poll(() => server.appendLog.waiters).toBe(1);
  expect(await client.next(1)).toEqual([1]);
  expect(client.replies).toHaveLength(2);
  server.appendLog.release();
  expect(await client.next(2)).toEqual([1, 1]);
});

test('many of one client wait together', async () => {
  await using server = await lagging();
  const client = await server.greeted();
  const all = Array.from({ length: 100 }, (_, i): Request => ['SET', `k${i}`, 'v']);
  client.socket.write(durable(...all));
  await expect.poll(() => server.keyspaces.at(0).size).toBe(100);
  expect(client.replies).toHaveLength(1);
  server.appendLog.release();
  expect(await client.next(100)).toEqual(new Array(100).fill(1));
});

test('a durable transaction is answered as a whole when it is on disk', async () => {
  await using server = await lagging();
  const client = await server.greeted();
  client.socket.write(durable(['MULTI'], ['SET', 'a', 'x'], ['INCR', 'n'], ['EXEC']));
  await expect.poll(() => server.keyspaces.at(0).size).toBe(2);
  expect(client.replies).toHaveLength(1);
  server.appendLog.release();
  expect(await client.next(4)).toEqual(['OK', 'QUEUED', 'QUEUED', [1, 1]]);
});

test('the reply of a command that takes longer waits for the disk then', async () => {
  await using server = await lagging();
  const client = await server.greeted();
  client.socket.write(durable(['SAVE']));
  await expect.poll(() => server.snapshots.saving).toBe(true);
  server.snapshots.finish();
  await expect.poll(() => server.appendLog.waiters).toBe(1);
  expect(client.replies).toHaveLength(1);
  server.appendLog.release();
  expect(await client.next(1)).toEqual(['OK']);
});

test('without a log, or when it is about to end or fails, a durable request is refused and not executed', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  client.socket.write(Buffer.concat([durable(['SET', 'a', 'x'], ['GET', 'a']), frames(['PING'])]));
  expect(await client.next(3)).toMatchObject([{ code: 'NOLOG' }, { code: 'NOLOG' }, 'PONG']);
  server.appendLog.enabled = true;
  server.appendLog.ending = true;
  client.socket.write(durable(['SET', 'a', 'x']));
  expect(await client.next(1)).toMatchObject([{ code: 'NOLOG' }]);
  expect(await client.call('WAITAOF', 1, 0, 0)).toMatchObject({ code: 'ERR' });
  server.appendLog.ending = false;
  server.appendLog.failure = 'EIO';
  client.socket.write(durable(['SET', 'a', 'x']));
  expect(await client.next(1)).toMatchObject([{ code: 'MISCONF' }]);
  expect(await client.call('EXISTS', 'a')).toBe(0);
});

test('a durable transaction is refused as a whole, though the log recovers or fails in the middle of it', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  const { appendLog } = server;
  appendLog.enabled = true;
  appendLog.failure = 'EIO';
  client.socket.write(durable(['MULTI'], ['SET', 'a', 'x']));
  expect(await client.next(2)).toMatchObject([{ code: 'MISCONF' }, { code: 'MISCONF' }]);
  appendLog.failure = undefined;
  client.socket.write(durable(['SET', 'b', 'x'], ['EXEC'], ['SET', 'c', 'x']));
  expect(await client.next(3)).toMatchObject([{ code: 'MISCONF' }, { code: 'MISCONF' }, 1]);
  client.socket.write(durable(['MULTI'], ['SET', 'd', 'x']));
  expect(await client.next(2)).toEqual(['OK', 'QUEUED']);
  appendLog.failure = 'EIO';
  client.socket.write(durable(['SET', 'e', 'x']));
  expect(await client.next(1)).toMatchObject([{ code: 'MISCONF' }]);
  appendLog.failure = undefined;
  client.socket.write(durable(['EXEC'], ['MULTI'], ['SET', 'f', 'x']));
  expect(await client.next(3)).toMatchObject([{ code: 'EXECABORT' }, 'OK', 'QUEUED']);
  appendLog.failure = 'EIO';
  client.socket.write(durable(['EXEC']));
  expect(await client.next(1)).toMatchObject([{ code: 'MISCONF' }]);
  // The transaction is over: this is no part of it.
  expect(await client.call('KEYS', '*')).toEqual(['c']);
});

test('while the data is loaded a durable request is told so, and not that there is no log', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  server.loading = true;
  client.socket.write(durable(['SET', 'a', 'x'], ['GET', 'a']));
  expect(await client.next(2)).toMatchObject([{ code: 'LOADING' }, { code: 'LOADING' }]);
});

test('a client whose durable request will never be on disk is cut off', async () => {
  await using server = await lagging();
  const client = await server.greeted();
  client.socket.write(durable(['SET', 'a', 'x']));
  await expect.poll(() => server.appendLog.waiters).toBe(1);
  server.appendLog.release(false);
  await client.ended;
  expect(client.replies).toHaveLength(1);
});

test('strangers are told to introduce themselves, durably or not', async () => {
  await using server = await startServer();
  const client = await server.connect();
  client.socket.write(durable(['GET', 'a']));
  expect(await client.next(1)).toMatchObject([{ code: 'NOPROTO' }]);
});
