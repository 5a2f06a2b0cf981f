import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { startServer, type TestServer } from '../test/harness.ts';
import type { ListenEvents, Listener, ListenOptions } from './listen.ts';
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

/** Listens in memory: what is pushed to sockets in one go arrives in one poll. */
class MemoryNetwork implements Network {
  private accept: (socket: Socket) => void = () => {};

  async listen(_where: ListenOptions, events: ListenEvents): Promise<Listener> {
    this.accept = events.accept;
    const close = (closed?: () => void) => {
      closed?.();
      return server;
    };
    const server = { close } as Listener['server'];
    return { server, cutOff() {}, address: 'memory', port: undefined };
  }

  readInto(): undefined {}

  /** A client that takes what is written to it at once, as the kernel does. */
  connect(): { readonly socket: Duplex; readonly answers: () => string } {
    let all = '';
    const socket = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        all += chunk;
        done();
      },
    });
    this.accept(socket as unknown as Socket);
    return { socket, answers: () => all };
  }
}

test('all that a client sends in pieces is answered, although its end comes in the same poll', async () => {
  const network = new MemoryNetwork();
  await using _server = await startServer({ network });
  const { socket, answers } = network.connect();
  for (const words of [['SET', 'a', '1'], ['GET', 'a'], ['PING']]) socket.push(request(...words));
  socket.push(null);
  await once(socket, 'close');
  expect(answers()).toBe('+OK\r\n$1\r\n1\r\n+PONG\r\n');
});

test('a piece that is too long to be gathered does not overtake one that was and has to wait', async () => {
  const network = new MemoryNetwork();
  await using server = await startServer({ network });
  const { socket, answers } = network.connect();
  socket.push(request('SAVE') + request('SET', 'a', '1'));
  socket.push(request('SET', 'b', 'x'.repeat(10_000)) + request('GET', 'a'));
  await expect.poll(() => server.snapshots.saving).toBe(true);
  server.snapshots.finish();
  await expect.poll(answers).toBe('+OK\r\n+OK\r\n+OK\r\n$1\r\n1\r\n');
  socket.destroy();
});

test('a piece does not overtake one before it, although another client lets it go on in the same poll', async () => {
  const network = new MemoryNetwork();
  await using _server = await startServer({ network });
  const [paused, operator] = [network.connect(), network.connect()];
  paused.socket.push(request('PING'));
  operator.socket.push(request('CLIENT', 'PAUSE', '60000', 'WRITE'));
  await expect.poll(operator.answers).toBe('+OK\r\n');
  paused.socket.push(request('SET', 'a', '1'));
  operator.socket.push(request('CLIENT', 'UNPAUSE'));
  paused.socket.push(request('GET', 'a'));
  await expect.poll(paused.answers).toBe('+PONG\r\n+OK\r\n$1\r\n1\r\n');
  paused.socket.destroy();
  operator.socket.destroy();
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
