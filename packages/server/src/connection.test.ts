import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { frames, Refusal, startServer } from '../test/harness.ts';
import { LINGER_MS_MAX, OUTPUT_BYTES_MAX, SIGN_IN_PAUSE_MS } from './limits.ts';

const codeOf = (reply: unknown): string => (reply as Refusal).code;

test('a pipeline is answered in order', async () => {
  await using server = await startServer();
  const client = await server.connect();
  client.send(['HELLO', 1], ['SET', 'a', 1], ['GET', 'a'], ['NOSUCH'], ['GET', 'b'], ['PING']);
  const [hello, ...rest] = await client.next(6);
  expect(hello).toMatchObject({ server: 'kvd', proto: 1 });
  expect(rest).toEqual([1, 1, expect.any(Refusal), undefined, 'PONG']);
});

test('a pipeline cut at every byte is answered the same', async () => {
  await using server = await startServer();
  const bytes = frames(['HELLO', 1], ['SET', 'a', { b: [1, 2n] }], ['GET', 'a'], ['GET', 'none']);
  for (let cut = 1; cut < bytes.length; cut++) {
    const client = await server.connect();
    client.socket.setNoDelay(true);
    client.socket.write(bytes.subarray(0, cut));
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.write(bytes.subarray(cut));
    expect((await client.next(4)).slice(1)).toEqual([1, { b: [1, 2n] }, undefined]);
    client.socket.destroy();
  }
});

test('a client that half-closes gets every reply before the end', async () => {
  await using server = await startServer();
  const client = await server.connect();
  client.socket.end(frames(['HELLO', 1], ['SAVE'], ['SET', 'k', 'v'], ['GET', 'k']));
  await client.next(1);
  expect(server.snapshots.saving).toBe(true);
  server.snapshots.finish();
  expect(await client.next(3)).toEqual(['OK', 1, 'v']);
  await client.closed;
});

test('a half-closed client that was slow to read gets every reply before the end', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  const value = 'x'.repeat(1_000_000);
  await client.call('SET', 'big', value);
  client.socket.pause();
  client.socket.end(frames(...Array.from({ length: 30 }, () => ['GET', 'big'] as const)));
  await server.log.seen('client connected');
  client.socket.resume();
  const replies = await client.next(30);
  expect(replies.every((reply) => reply === value)).toBe(true);
  await client.closed;
});

test('a client whose replies are large lets others go first, though it could take them all', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  const other = await server.greeted();
  const value = 'x'.repeat(OUTPUT_BYTES_MAX / 4);
  await client.call('SET', 'large', value);
  const reads = Array.from({ length: 6 }, () => ['GET', 'large'] as const);
  client.send(...reads, ['SET', 'after', 1]);
  expect(await other.call('GET', 'after')).toBeUndefined();
  expect(await client.next(7)).toEqual([...reads.map(() => value), 1]);
  expect(await other.call('GET', 'after')).toBe(1);
});

test('a parked reply holds back the replies behind it, and nobody else', async () => {
  await using server = await startServer();
  const saving = await server.greeted();
  saving.send(['SET', 'a', 'x'], ['SAVE'], ['GET', 'a'], ['PING']);
  expect(await saving.next(1)).toEqual([1]);
  const other = await server.greeted();
  expect(await other.call('SET', 'a', 'y')).toBe(1);
  expect(saving.replies).toHaveLength(2);
  server.snapshots.finish();
  expect(await saving.next(3)).toEqual(['OK', 'y', 'PONG']);
});

test('a broken frame behind a parked request is refused after the parked reply', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  client.socket.write(Buffer.concat([frames(['SAVE']), Buffer.from('ffffffff', 'hex')]));
  await expect.poll(() => server.snapshots.saving).toBe(true);
  server.snapshots.finish();
  const [saved, refused] = await client.next(2);
  expect(saved).toBe('OK');
  expect(codeOf(refused)).toBe('ERR');
  await client.ended;
});

test('a failed sign-in is answered after a pause, which is cancelled when the client leaves', async () => {
  await using server = await startServer({ password: 'right' });
  const client = await server.connect();
  client.send(['HELLO', 1, 'AUTH', 'default', 'wrong'], ['HELLO', 1, 'AUTH', 'default', 'right']);
  await server.log.seen('a sign-in was refused');
  expect(client.replies).toEqual([]);
  server.timers.advance(SIGN_IN_PAUSE_MS);
  const [refused, welcome] = await client.next(2);
  expect(codeOf(refused)).toBe('WRONGPASS');
  expect(welcome).toMatchObject({ proto: 1 });

  const timers = server.timers.size;
  const leaving = await server.connect();
  leaving.send(['HELLO', 1, 'AUTH', 'default', 'wrong']);
  await expect.poll(() => server.timers.size).toBe(timers + 1);
  leaving.socket.resetAndDestroy();
  await expect.poll(() => server.timers.size).toBe(timers);
});

test('the password never reaches the log', async () => {
  await using server = await startServer({ password: 'right' });
  const client = await server.connect();
  client.send(['HELLO', 1, 'AUTH', 'default', 'hunter2']);
  await server.log.seen('a sign-in was refused');
  expect(JSON.stringify(server.log.lines)).not.toMatch(/hunter2|right/);
});

test.each([
  ['a request before HELLO', frames(['GET', 'a']), 'NOPROTO'],
  ['an unknown command before HELLO', frames(['NOSUCH']), 'NOPROTO'],
  ['another version', frames(['HELLO', 2]), 'NOPROTO'],
  ['a first frame over 16 KiB', Uint8Array.of(0, 0, 0x40, 1, 1), 'ERR'],
  ['eleven arguments', frames(['HELLO', ...Array.from({ length: 10 }, () => 1)]), 'ERR'],
  ['a frame of a kind that only servers send', Uint8Array.of(0, 0, 0, 2, 2, 0xc0), 'ERR'],
  ['an empty frame', Uint8Array.of(0, 0, 0, 0), 'ERR'],
])('%s is refused, and the connection closes', async (_what, bytes, code) => {
  await using server = await startServer();
  const client = await server.connect();
  client.socket.write(bytes);
  expect(codeOf((await client.next(1))[0])).toBe(code);
  await client.ended;
  client.socket.end();
  await client.closed;
});

test('a frame that announces 4 GB is refused before it arrives', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  client.socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
  expect(codeOf((await client.next(1))[0])).toBe('ERR');
  await client.ended;
});

test('a value nested 10,000 deep, and a malformed one, are refused and the connection goes on', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  const body = Buffer.concat([Buffer.alloc(10_000, 0x91), Buffer.from([0xc0])]);
  for (const value of [body, Buffer.from([0xc1])]) {
    const head = Buffer.from([0x93, 0xa3, 0x53, 0x45, 0x54, 0xa1, 0x6b, 0xc9, 0, 0, 0, 0, 1]);
    head.writeUInt32BE(value.length, 8);
    const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), head, value]);
    frame.writeUInt32BE(frame.length - 4, 0);
    client.socket.write(frame);
    expect(codeOf((await client.next(1))[0])).toBe('ERR');
  }
  expect(await client.call('PING')).toBe('PONG');
});

test.each([
  ['TLS', Buffer.from('16030100050100000100', 'hex'), '\x15\x03\x03\0\x02\x02F'],
  ['HTTP', Buffer.from('POST / HTTP/1.1\r\nHost: x\r\n\r\n'), 'HTTP/1.1 400 Bad Request\r\n'],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'HTTP/1.1 400 Bad Request\r\n'],
])(
  '%s on the port gets an answer it understands, and a log line',
  async (protocol, bytes, answer) => {
    await using server = await startServer();
    const socket = connect({ port: server.server.port, host: '127.0.0.1' });
    socket.write(bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString('latin1').startsWith(answer)).toBe(true);
    await server.log.seen('refused a foreign protocol');
    expect(server.log.lines.find(({ level }) => level === 'warn')?.fields).toMatchObject({
      protocol,
    });
  },
);

test('a client that asks for 500 values of 1 MB and reads nothing is bounded, and cut off', async () => {
  await using server = await startServer();
  const slow = await server.greeted();
  await slow.call('SET', 'big', new Uint8Array(1_000_000));
  slow.socket.pause();
  slow.send(...Array.from({ length: 500 }, () => ['GET', 'big'] as const));
  const other = await server.greeted();
  expect(await other.call('PING')).toBe('PONG');
  const waiting = Math.max(...server.waitingBytes());
  expect(waiting).toBeGreaterThan(0);
  expect(waiting).toBeLessThan(OUTPUT_BYTES_MAX + 1_000_000 + 1024);
  expect(await other.call('CLIENT LIST')).toMatch(
    / qbuf=\d+ omem=[1-9]\d{4,} tot-mem=[1-9]\d{4,} /,
  );
  // The kernel's buffers fill up; from then on nothing moves, and the stall rule counts.
  server.timers.advance(32_000);
  await server.log.seen('client cut off');
  await expect.poll(() => server.waitingBytes().some((bytes) => bytes > 0)).toBe(false);
  expect(await other.call('PING')).toBe('PONG');
});

test('QUIT is answered, what is behind it is not, and a client that stays is cut off', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  client.send(['QUIT'], ['PING']);
  expect(await client.next(1)).toEqual(['OK']);
  await client.ended;
  server.timers.advance(2 * LINGER_MS_MAX);
  await server.log.seen('client disconnected');
  expect(client.replies).toHaveLength(2);
});

test('a reset in every state ends that connection only', async () => {
  await using server = await startServer();
  const other = await server.greeted();
  await other.call('SET', 'big', new Uint8Array(3_000_000));
  const requests = [frames(['SAVE']), frames(['GET', 'big'], ['GET', 'big']), Buffer.from([0, 0])];
  for (const request of requests) {
    const client = await server.greeted();
    client.socket.write(request);
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.resetAndDestroy();
    await client.closed;
  }
  server.snapshots.finish();
  expect(await other.call('PING')).toBe('PONG');
});
