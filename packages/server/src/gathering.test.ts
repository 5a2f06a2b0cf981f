import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { startServer, type TestServer } from '../test/harness.ts';
import type { Listener } from './listen.ts';
import type { Network } from './network.ts';

const bulk = (word: string): string => `$${word.length}\r\n${word}\r\n`;
const request = (...words: string[]): string => `*${words.length}\r\n${words.map(bulk).join('')}`;

async function client(server: TestServer): Promise<Socket> {
  const socket = connect({ port: server.server.port, host: '127.0.0.1' });
  socket.setEncoding('latin1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** What comes until there is so much, or until the server has closed. */
function text(socket: Socket, length: number): Promise<string> {
  return new Promise((resolve) => {
    let all = '';
    socket.on('data', (chunk: string) => {
      all += chunk;
      if (all.length >= length) resolve(all);
    });
    socket.on('close', () => resolve(all));
  });
}

test('many clients that send at once get their own replies, in order', async () => {
  await using server = await startServer();
  const sockets = await Promise.all(Array.from({ length: 40 }, () => client(server)));
  const expected = sockets.map((_, i) => `+OK\r\n${bulk(`v${i}`)}:2\r\n`);
  const answers = sockets.map((socket, i) => text(socket, (expected[i] as string).length));
  for (const [i, socket] of sockets.entries())
    socket.write(
      request('SET', `k${i}`, `v${i}`) + request('GET', `k${i}`) + request('INCRBY', `n${i}`, '2'),
    );
  expect(await Promise.all(answers)).toEqual(expected);
  for (const socket of sockets) socket.destroy();
});

test('what a client may not execute yet waits for it alone, and nothing of it is lost', async () => {
  await using server = await startServer();
  const [saving, other] = [await client(server), await client(server)];
  const [late, early] = [text(saving, 14), text(other, 7)];
  saving.write(request('SAVE') + request('SET', 'a', '1') + request('GET', 'a'));
  other.write(request('PING'));
  expect(await early).toBe('+PONG\r\n');
  server.snapshots.finish();
  expect(await late).toBe('+OK\r\n+OK\r\n$1\r\n1\r\n');
  saving.destroy();
  other.destroy();
});

test('all that a client sends in pieces is answered, although its end comes in the same poll', async () => {
  let accept: (socket: Socket) => void = () => {};
  const network: Network = {
    async listen(_where, events) {
      accept = events.accept;
      const close = (closed?: () => void) => {
        closed?.();
        return server;
      };
      const server = { close } as Listener['server'];
      return { server, cutOff() {}, address: 'memory', port: undefined };
    },
    readInto: () => undefined,
  };
  await using _server = await startServer({ network });
  let all = '';
  // It takes what is written to it at once, as the kernel does.
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      all += chunk;
      done();
    },
  });
  accept(socket as unknown as Socket);
  for (const words of [['SET', 'a', '1'], ['GET', 'a'], ['PING']]) socket.push(request(...words));
  socket.push(null);
  await once(socket, 'close');
  expect(all).toBe('+OK\r\n$1\r\n1\r\n+PONG\r\n');
});

test('a client that another one has ended executes nothing more', async () => {
  await using server = await startServer();
  const [killer, victim, witness] = await Promise.all([
    client(server),
    client(server),
    client(server),
  ]);
  const id = await new Promise<string>((resolve) => {
    victim.once('data', (chunk: string) => resolve(chunk.slice(1, -2)));
    victim.write(request('CLIENT', 'ID'));
  });
  const gone = text(victim, Number.POSITIVE_INFINITY);
  const killed = text(killer, 4);
  killer.write(request('CLIENT', 'KILL', 'ID', id));
  expect(await killed).toBe(':1\r\n');
  victim.write(request('SET', 'victim', '1'));
  expect(await gone).toBe('');
  const answer = text(witness, 4);
  witness.write(request('EXISTS', 'victim'));
  expect(await answer).toBe(':0\r\n');
  killer.destroy();
  witness.destroy();
});

test('a client that sends and closes at once is answered to the end', async () => {
  await using server = await startServer();
  const sockets = await Promise.all(Array.from({ length: 10 }, () => client(server)));
  const answers = sockets.map((socket) => text(socket, Number.POSITIVE_INFINITY));
  for (const socket of sockets) socket.end(request('PING') + request('ECHO', 'x'));
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['+PONG\r\n$1\r\nx\r\n']));
});
