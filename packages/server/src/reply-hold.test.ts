import { expect, test } from 'vitest';
import { startServer, type TestServer } from '../test/harness.ts';

/** A server whose every write has to wait for the disk. */
async function slowDisk(): Promise<TestServer> {
  const server = await startServer();
  server.appendLog.enabled = true;
  server.appendLog.holds = true;
  return server;
}

test('replies wait until what was executed is on disk, those of reads too, in order', async () => {
  await using server = await startServer();
  const writer = await server.greeted();
  const reader = await server.greeted();
  server.appendLog.holds = true;
  writer.send(['SET', 'a', '1'], ['GET', 'a']);
  reader.send(['GET', 'a']);
  await expect.poll(() => server.appendLog.waiters).toBe(2);
  expect([...writer.replies.slice(1), ...reader.replies.slice(1)]).toEqual([]);
  server.appendLog.release();
  expect(await writer.next(2)).toEqual([1, '1']);
  await reader.next(1);
  // Nothing has to wait now.
  expect(await reader.call('GET', 'a')).toBe('1');
});

test('a client whose replies may never be sent is cut off, and others are served', async () => {
  await using server = await slowDisk();
  const client = await server.connect();
  client.send(['HELLO', 1]);
  await expect.poll(() => server.appendLog.waiters).toBe(1);
  server.appendLog.release(false);
  await client.ended;
  const other = await server.greeted();
  expect(await other.call('GET', 'a')).toBeUndefined();
});

test('a reply that may never be sent is not, although one behind it comes when the log has failed', async () => {
  await using server = await startServer();
  server.appendLog.enabled = true;
  const client = await server.greeted();
  server.appendLog.holds = true;
  // The wait ends first, and what it answers needs to wait for nothing any more.
  client.send(['SET', 'a', '1'], ['WAITAOF', '1', '0', '0']);
  await expect.poll(() => server.appendLog.waiters).toBe(2);
  server.appendLog.release(false);
  await client.ended;
  expect(client.replies.slice(1)).toEqual([]);
});

test('a client that has sent its last gets its replies before the connection ends', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  server.appendLog.holds = true;
  const answer = client.call('SET', 'a', '1');
  client.socket.end();
  await expect.poll(() => server.appendLog.waiters).toBe(1);
  server.appendLog.release();
  expect(await answer).toBe(1);
  await client.closed;
});

test('requests wait when too much is held, and go on when it has been sent', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  await client.call('SET', 'large', 'x'.repeat(300_000));
  server.appendLog.holds = true;
  const before = server.server.statistics.commands;
  const calls = Array.from({ length: 20 }, () => client.call('GET', 'large'));
  await expect.poll(() => server.server.statistics.commands - before).toBeGreaterThan(2);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(server.server.statistics.commands - before).toBeLessThan(10);
  server.appendLog.release();
  expect((await Promise.all(calls)).every((value) => value === 'x'.repeat(300_000))).toBe(true);
});

test('after a save that failed writes are refused, where the server is to, and reads answered', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  await client.call('SET', 'a', '1');
  server.snapshots.failure = 'no space left on device';
  const refused = { code: 'MISCONF', message: expect.stringContaining('no space left on device') };
  expect(await client.call('SET', 'a', '2')).toMatchObject(refused);
  expect(await client.call('FLUSHALL')).toMatchObject(refused);
  expect(await client.call('GET', 'a')).toBe('1');
  server.snapshots.failure = undefined;
  expect(await client.call('SET', 'a', '2')).toBe(1);
});

test('while the log cannot be written writes are refused and reads answered', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  await client.call('SET', 'a', '1');
  server.appendLog.failure = 'no space left on device';
  expect(await client.call('SET', 'a', '2')).toMatchObject({ code: 'MISCONF' });
  expect(await client.call('DEL', 'a')).toMatchObject({ code: 'MISCONF' });
  expect(await client.call('GET', 'a')).toBe('1');
  expect(await client.call('INFO', 'persistence')).toContain('aof_last_write_status:err');
  server.appendLog.failure = undefined;
  expect(await client.call('SET', 'a', '2')).toBe(1);
});
