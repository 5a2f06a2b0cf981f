import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FakeServer, failure, frames, text } from '../test/fake-server.ts';
import { ManualTimers } from '../test/manual-timers.ts';
import { nextTurn, rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe('connect', () => {
  test('greets with the version, the credentials, the name and the database', async () => {
    server = await FakeServer.listen(() => text('PONG'));
    await using client = await connect({
      url: `kv://al%40ice:p%3Ass@127.0.0.1:${server.port}/3`,
      name: 'worker-1',
    });
    expect(await client.ping()).toBe('PONG');
    expect(server.last.handshake).toEqual([
      { name: 'HELLO', args: [1, 'AUTH', 'al@ice', 'p:ss', 'SETNAME', 'worker-1'] },
      { name: 'SELECT', args: [3] },
    ]);
    expect(client.state).toBe('ready');
  });

  test('reaches a Unix socket', async () => {
    const path = join(tmpdir(), `kv-client-${process.pid}.sock`);
    server = await FakeServer.listen(() => text('PONG'), path);
    await using client = await connect(`kv+unix://${path}`);
    expect(await client.ping()).toBe('PONG');
  });

  test('rejects with CONNECT when nothing listens', async () => {
    const gone = await FakeServer.listen();
    await gone.close();
    const error = await rejection(connect(gone.url));
    expect(error).toMatchObject({ name: 'KvError', code: 'CONNECT', sent: false });
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('rejects with CONNECT when the server does not answer in time', async () => {
    server = await FakeServer.listen();
    server.hello = () => undefined;
    const timers = new ManualTimers();
    const connecting = connect({ url: server.url, timers, connectTimeoutMs: 300 });
    await server.until(() => server?.last?.handshake.length === 1);
    timers.advance(300);
    expect(await rejection(connecting)).toMatchObject({ code: 'CONNECT' });
    expect(timers.running).toBe(0);
  });

  test('rejects with CONNECT when the server closes during the handshake', async () => {
    server = await FakeServer.listen();
    server.hello = (_request, connection) => {
      connection.drop();
      return undefined;
    };
    expect(await rejection(connect(server.url))).toMatchObject({ code: 'CONNECT' });
  });

  test('rejects with CONNECT when the socket cannot be opened', async () => {
    const openSocket = () => {
      throw new RangeError('no');
    };
    expect(await rejection(connect({ openSocket }))).toMatchObject({
      code: 'CONNECT',
      cause: { name: 'RangeError' },
    });
  });

  test.each(['WRONGPASS', 'NOAUTH', 'NOPERM'] as const)('rejects with AUTH on %s', async (code) => {
    server = await FakeServer.listen();
    server.hello = () => failure(code);
    const error = await rejection(connect(server.url));
    expect(error).toMatchObject({ code: 'AUTH', cause: { code: 'REPLY', replyCode: code } });
    expect(server.connections).toHaveLength(1);
  });

  test('rejects with CONNECT when the server is full', async () => {
    server = await FakeServer.listen();
    server.hello = () => failure('ERR', 'max number of clients reached');
    expect(await rejection(connect(server.url))).toMatchObject({
      code: 'CONNECT',
      cause: { replyCode: 'ERR' },
    });
  });

  test('rejects with INVALID_ARGUMENT when the server has no such database', async () => {
    server = await FakeServer.listen();
    server.select = () => failure('ERR', 'DB index is out of range');
    expect(await rejection(connect({ url: server.url, database: 99 }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  test.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['Redis', "-ERR unknown command '\\x00'\r\n"],
  ])('rejects with PROTOCOL at once when what answers is %s', async (_name, greeting) => {
    const other = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(greeting);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    expect(await rejection(connect({ port }))).toMatchObject({ code: 'PROTOCOL' });
    other.close();
  });

  test('works on any stream that goes both ways', async () => {
    const [near, far] = duplexPair();
    far.once('data', () => far.write(frames(text('hello'))));
    const client = await connect({ openSocket: () => near });
    const pong = client.ping();
    await nextTurn();
    far.write(frames(text('PONG')));
    expect(await pong).toBe('PONG');
    await client.close();
    expect(near.destroyed).toBe(true);
  });

  test('never leaves a rejection or an error event to the process', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    server = await FakeServer.listen();
    const client = await connect({ url: server.url, reconnect: false });
    const calls = [client.ping(), client.incr('k')];
    const outcomes = Promise.allSettled(calls);
    await server.received(2);
    server.last.socket.resetAndDestroy();
    expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true);
    await client.close();
    await rejection(client.get('k'));
    await nextTurn();
    await nextTurn();
    expect(unhandled).not.toHaveBeenCalled();
    process.off('unhandledRejection', unhandled);
  });
});
