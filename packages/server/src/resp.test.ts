import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startServer, type TestServer } from '../test/harness.ts';

/** A RESP client that keeps what it gets as text. */
class RespClient {
  readonly socket: Socket;
  text = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
    });
  }

  /** Sends and waits until so much has come in answer; answers it. */
  async ask(request: string | Uint8Array, answer: string): Promise<void> {
    this.socket.write(request);
    while (this.text.length < answer.length) await once(this.socket, 'data');
    expect(this.text).toBe(answer);
    this.text = '';
  }
}

async function client(server: TestServer): Promise<RespClient> {
  const socket = connect({ port: server.server.port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return new RespClient(socket);
}

/** The ids in the lines that a CLIENT command answers. */
async function idsIn(one: RespClient, ...words: string[]): Promise<string[]> {
  one.socket.write(request(...words));
  while (!one.text.endsWith('\n\r\n')) await once(one.socket, 'data');
  const ids = [...one.text.matchAll(/^id=(\d+) /gm)].map(([, id]) => id as string);
  one.text = '';
  return ids;
}

/** A request of bulk strings. */
const request = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

test('RESP is spoken on the same port, pipelined, inline and in pieces', async () => {
  await using server = await startServer();
  const one = await client(server);
  await one.ask(
    request('SET', 'k', 'v') + request('GET', 'k') + request('GET', 'x'),
    '+OK\r\n$1\r\nv\r\n$-1\r\n',
  );
  await one.ask('set k "a b"\r\n\r\nget k\r\nPING\r\n', '+OK\r\n$3\r\na b\r\n+PONG\r\n');
  const native = await server.greeted();
  expect(await native.call('GET', 'k')).toBe('a b');
  const bytes = Buffer.from(request('MGET', 'k', 'x'));
  for (const byte of bytes.subarray(0, -1)) one.socket.write(Uint8Array.of(byte));
  await one.ask(bytes.subarray(-1), '*2\r\n$3\r\na b\r\n$-1\r\n');
});

test('HELLO 3 changes the protocol of its own reply on, and RESET changes it back', async () => {
  await using server = await startServer();
  const one = await client(server);
  one.socket.write(request('HELLO', '3'));
  while (!one.text.endsWith('*0\r\n')) await once(one.socket, 'data');
  expect(one.text.startsWith('%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n')).toBe(true);
  one.text = '';
  await one.ask(request('GET', 'x'), '_\r\n');
  await one.ask(request('RESET') + request('GET', 'x'), '+RESET\r\n$-1\r\n');
  await one.ask(request('HELLO', '4'), '-NOPROTO unsupported protocol version\r\n');
  await one.ask(request('PING'), '+PONG\r\n');
});

test('CLIENT REPLY turns replies off and on, and skips one', async () => {
  await using server = await startServer();
  const one = await client(server);
  await one.ask(
    request('CLIENT', 'REPLY', 'SKIP') + request('PING') + request('ECHO', 'a'),
    '$1\r\na\r\n',
  );
  await one.ask(
    request('CLIENT', 'REPLY', 'OFF') +
      request('PING') +
      request('CLIENT', 'REPLY', 'ON') +
      request('ECHO', 'b'),
    '+OK\r\n$1\r\nb\r\n',
  );
  const native = await server.greeted();
  expect(await native.call('CLIENT', 'REPLY', 'OFF')).toMatchObject({ code: 'ERR' });
});

test('CLIENT PAUSE holds writes, or everything, until it ends; nothing is lost or out of order', async () => {
  await using server = await startServer();
  const [one, other] = [await client(server), await client(server)];
  await one.ask(request('CLIENT', 'PAUSE', '1000', 'WRITE'), '+OK\r\n');
  await other.ask(request('GET', 'k'), '$-1\r\n');
  other.socket.write(request('GET', 'k') + request('SET', 'k', 'v') + request('GET', 'k'));
  while (other.text.length < 5) await once(other.socket, 'data');
  expect(other.text).toBe('$-1\r\n');
  await one.ask(request('CLIENT', 'UNPAUSE'), '+OK\r\n');
  await other.ask('', '$-1\r\n+OK\r\n$1\r\nv\r\n');
  await one.ask(request('CLIENT', 'PAUSE', '1000'), '+OK\r\n');
  other.socket.write(request('PING'));
  await one.ask(request('CLIENT', 'GETNAME'), '$-1\r\n');
  expect(other.text).toBe('');
  server.timers.advance(1000);
  await other.ask('', '+PONG\r\n');
  await one.ask(request('CLIENT', 'PAUSE', '-1'), '-ERR timeout is negative\r\n');
});

test('CLIENT KILL closes those that its filters name', async () => {
  await using server = await startServer();
  const [one, other, third] = [await client(server), await client(server), await client(server)];
  for (const each of [one, other, third]) await each.ask(request('PING'), '+PONG\r\n');
  const gone = once(other.socket, 'close');
  await one.ask(request('CLIENT', 'KILL', 'ID', '2'), ':1\r\n');
  await gone;
  await one.ask(request('CLIENT', 'KILL', 'ID', '2'), ':0\r\n');
  await one.ask(
    request('CLIENT', 'KILL', 'ID', 'x'),
    '-ERR client-id should be greater than 0\r\n',
  );
  await one.ask(request('CLIENT', 'KILL', 'USER', 'nobody'), "-ERR No such user 'nobody'\r\n");
  await one.ask(request('CLIENT', 'KILL', '1.2.3.4:5'), '-ERR No such client\r\n');
  await one.ask(request('CLIENT', 'KILL', 'TYPE', 'normal', 'MAXAGE', '1'), ':0\r\n');
  server.clock.time += 1000;
  const last = once(third.socket, 'close');
  await one.ask(request('CLIENT', 'KILL', 'TYPE', 'normal', 'MAXAGE', '1'), ':1\r\n');
  await last;
  const mine = once(one.socket, 'close');
  await one.ask(request('CLIENT', 'KILL', 'SKIPME', 'no', 'TYPE', 'normal'), ':1\r\n');
  await mine;
});

test('CLIENT LIST and KILL tell subscribers from other clients', async () => {
  await using server = await startServer();
  const [one, subscriber] = [await client(server), await client(server)];
  await one.ask(request('PING'), '+PONG\r\n');
  await one.ask(request('CLIENT', 'LIST', 'TYPE', 'pubsub'), '$0\r\n\r\n');
  await subscriber.ask(request('SUBSCRIBE', 'c'), '*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n');
  const list = await idsIn(one, 'CLIENT', 'LIST', 'TYPE', 'PubSub');
  expect(list).toEqual(['2']);
  expect(await idsIn(one, 'CLIENT', 'LIST', 'TYPE', 'normal')).toEqual(['1']);
  expect(await idsIn(one, 'CLIENT', 'LIST', 'ID', '2', '7')).toEqual(['2']);
  const gone = once(subscriber.socket, 'close');
  await one.ask(request('CLIENT', 'KILL', 'TYPE', 'pubsub'), ':1\r\n');
  await gone;
});

test('BGSAVE says what Redis says, and what it says natively', async () => {
  await using server = await startServer();
  const one = await client(server);
  await one.ask(request('BGSAVE', 'SCHEDULE'), '+Background saving started\r\n');
  server.snapshots.finish();
  const native = await server.greeted();
  expect(await native.call('BGSAVE')).toBe('Background save started');
});

test('CONFIG GET tells a name as it was asked for, and names that match as they are', async () => {
  await using server = await startServer();
  const one = await client(server);
  const answer = (name: string) => `*2\r\n$10\r\n${name}\r\n$5\r\n10000\r\n`;
  await one.ask(request('CONFIG', 'GET', 'MaxClients'), answer('MaxClients'));
  await one.ask(request('CONFIG', 'GET', 'MAXC*'), answer('maxclients'));
});

test('COMMAND LIST takes patterns, categories and modules', async () => {
  await using server = await startServer();
  const native = await server.greeted();
  const listed = (...words: string[]) => native.call('COMMAND LIST', 'FILTERBY', ...words);
  expect(await listed('pattern', 'GETR*')).toEqual(['getrange']);
  expect(await listed('aclcat', 'Transaction')).toEqual(
    expect.arrayContaining(['multi', 'exec', 'watch']),
  );
  expect(await listed('ACLCAT', 'keyspace')).toContain('flushall');
  expect(await listed('MODULE', 'json')).toEqual([]);
  expect(await listed('COLOR', 'red')).toMatchObject({ code: 'ERR' });
});

test('long values come and go whole', async () => {
  await using server = await startServer();
  const one = await client(server);
  const value = 'x'.repeat(3_000_000);
  await one.ask(request('SET', 'big', value) + request('PING'), '+OK\r\n+PONG\r\n');
  const answer = `$${value.length}\r\n${value}\r\n`;
  await one.ask(
    request('GET', 'big') + request('GET', 'big') + request('PING'),
    `${answer}${answer}+PONG\r\n`,
  );
});

test('what breaks the protocol is answered in Redis’s words, behind the replies before it', async () => {
  await using server = await startServer();
  for (const [bytes, reason] of [
    ['*x\r\n', 'invalid multibulk length'],
    ['*1\r\nPING\r\n', "expected '$', got 'P'"],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['get "x\r\n', 'unbalanced quotes in request'],
  ] as const) {
    const one = await client(server);
    const gone = once(one.socket, 'end');
    await one.ask(`${request('PING')}${bytes}`, `+PONG\r\n-ERR Protocol error: ${reason}\r\n`);
    await gone;
  }
});

test('a stranger is held to a stranger’s limits', async () => {
  await using server = await startServer({ password: 'secret' });
  const one = await client(server);
  await one.ask(request('GET', 'k'), '-NOAUTH Authentication required.\r\n');
  await one.ask(request('AUTH', 'secret') + request('GET', 'k'), '+OK\r\n$-1\r\n');
  const other = await client(server);
  await other.ask(
    request(...Array.from({ length: 11 }, () => 'x')),
    '-ERR Protocol error: unauthenticated multibulk length\r\n',
  );
  const third = await client(server);
  await third.ask(
    '*2\r\n$4\r\nAUTH\r\n$16385\r\n',
    '-ERR Protocol error: unauthenticated bulk length\r\n',
  );
});
