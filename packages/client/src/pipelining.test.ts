import { duplexPair } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import {
  absent,
  FakeServer,
  failure,
  frames,
  integer,
  list,
  push,
  RequestParser,
  SocketSpy,
  storedBytes,
  text,
  value,
} from '../test/fake-server.ts';
import { nextTurn, rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import { ReplyError } from './errors.ts';
import type { KvClient } from './kv-client.ts';

let server: FakeServer;
let client: KvClient;
afterEach(async () => {
  await client?.close({ drainMs: 0 });
  await server?.close();
});

const NOTHING = new Uint8Array();
const echo = ({ args }: { args: readonly unknown[] }) => text(String(args[0]));

describe('calls of one turn', () => {
  test('go out in one write, whether made at once, in microtasks or in ticks', async () => {
    server = await FakeServer.listen(echo);
    const spy = new SocketSpy();
    client = await connect({ url: server.url, openSocket: spy.open });
    expect(spy.writes).toHaveLength(1);
    const deep = async () => {
      for (let i = 0; i < 10; i++) await undefined;
      return client.echo('deep');
    };
    const all = [client.echo('a'), client.echo('b'), deep(), deep()];
    process.nextTick(() => all.push(client.echo('tick')));
    await nextTurn();
    expect(await Promise.all(all)).toEqual(['a', 'b', 'deep', 'deep', 'tick']);
    expect(spy.writes).toHaveLength(2);
  });

  test('go out in two writes when they are many: a server with nothing to do begins at once', async () => {
    server = await FakeServer.listen(echo);
    const spy = new SocketSpy();
    client = await connect({ url: server.url, openSocket: spy.open });
    const calls = Array.from({ length: 100 }, (_, i) => client.echo(String(i)));
    expect(await Promise.all(calls)).toEqual(calls.map((_, i) => String(i)));
    expect(spy.writes).toHaveLength(3);
    const [, early = NOTHING, rest = NOTHING] = spy.writes;
    expect(early.length).toBeLessThan(rest.length);
  });

  test('that answer each other go out in one write a round trip', async () => {
    server = await FakeServer.listen(echo);
    const spy = new SocketSpy();
    client = await connect({ url: server.url, openSocket: spy.open });
    const worker = async () => {
      for (let i = 0; i < 5; i++) await client.echo(String(i));
    };
    await Promise.all(Array.from({ length: 20 }, worker));
    // Replies may arrive in more than one piece, but never one by one.
    expect(spy.writes.length).toBeLessThan(30);
  });
});

describe('a reply that is due', () => {
  /** What keeps the event loop from going to sleep. */
  const immediates = () =>
    process.getActiveResourcesInfo().filter((name) => name === 'Immediate').length;

  test.each([true, false])('is looked for, turn by turn, with busyPoll: %s', async (busyPoll) => {
    server = await FakeServer.listen();
    client = await connect({ url: server.url, busyPoll });
    const before = immediates();
    const echoed = client.echo('x');
    await new Promise<void>((resolve) => process.nextTick(resolve));
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(immediates() - before).toBe(busyPoll ? 1 : 0);
    await server.received(1);
    server.last.send(text('x'));
    expect(await echoed).toBe('x');
    await nextTurn();
    expect(immediates()).toBe(before);
  });
});

describe('replies', () => {
  const replies = [
    text('one'),
    value({ id: 7n, at: new Date(5), none: null }),
    absent,
    list(value('v'), absent, failure('WRONGTYPE')),
    integer(2n ** 60n),
  ];
  const ask = () => [
    client.echo('x'),
    client.get('k'),
    client.get('absent'),
    client.mget('a', 'b', 'c'),
    client.incr('n'),
  ];
  const check = async (results: Promise<unknown>[]) => {
    const [one, object, none, several, big] = await Promise.all(results);
    expect(one).toBe('one');
    expect(object).toEqual({ id: 7n, at: new Date(5), none: null });
    expect(none).toBeUndefined();
    expect((several as unknown[]).slice(0, 2)).toEqual(['v', undefined]);
    expect((several as unknown[])[2]).toBeInstanceOf(ReplyError);
    expect((several as ReplyError[])[2]?.replyCode).toBe('WRONGTYPE');
    expect(big).toBe(2n ** 60n);
  };

  /** A client whose server's bytes the test writes. */
  const wired = async () => {
    const [near, far] = duplexPair();
    const parser = new RequestParser();
    const requests: string[] = [];
    far.on('data', (chunk) => requests.push(...parser.push(chunk).map(({ name }) => name)));
    const connecting = connect({ openSocket: () => near });
    await nextTurn();
    expect(requests).toEqual(['HELLO']);
    far.write(frames(text('hello')));
    client = await connecting;
    return far;
  };

  test('are matched in order when they are split at every byte', async () => {
    const far = await wired();
    const bytes = frames(...replies);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const results = ask();
      far.write(bytes.subarray(0, cut));
      await nextTurn();
      far.write(bytes.subarray(cut));
      await check(results);
    }
  });

  test('are matched in order when they come byte by byte', async () => {
    const far = await wired();
    const results = ask();
    await nextTurn();
    for (const byte of frames(...replies)) far.write(Uint8Array.of(byte));
    await check(results);
  });

  test('may come in one chunk, with pushes between them', async () => {
    const far = await wired();
    const results = ask();
    await nextTurn();
    const chunks = replies.flatMap((reply) => [push(text('news')), frames(reply)]);
    far.write(Buffer.concat(chunks));
    await check(results);
  });

  test('that cannot be decoded reject their own call only', async () => {
    const far = await wired();
    const bad = client.get('bad');
    const good = client.get('good');
    await nextTurn();
    far.write(frames(storedBytes(Uint8Array.of(0xc1)), value(1)));
    expect(await rejection(bad)).toMatchObject({ name: 'ValueError', code: 'MALFORMED' });
    expect(await good).toBe(1);
    expect(client.state).toBe('ready');
  });

  test('that nobody asked for lose the connection', async () => {
    const [near, far] = duplexPair();
    const connecting = connect({ openSocket: () => near, reconnect: false });
    far.write(frames(text('hello')));
    client = await connecting;
    far.write(frames(integer(1)));
    await nextTurn();
    expect(client.state).toBe('closed');
    expect(await rejection(client.ping())).toMatchObject({
      code: 'CLOSED',
      cause: { code: 'PROTOCOL' },
    });
  });

  test('with an error reject with its code, and the connection goes on', async () => {
    server = await FakeServer.listen(({ name }) =>
      name === 'INCR' ? failure('WRONGTYPE', 'not a number') : text('PONG'),
    );
    client = await connect(server.url);
    const error = await rejection(client.incr('k'));
    expect(error).toBeInstanceOf(ReplyError);
    expect(error).toMatchObject({ code: 'REPLY', replyCode: 'WRONGTYPE', sent: true });
    expect(await client.ping()).toBe('PONG');
  });
});

describe('values', () => {
  test('that cannot be encoded reject with a path, and nothing of them is sent', async () => {
    server = await FakeServer.listen(echo);
    const spy = new SocketSpy();
    client = await connect({ url: server.url, openSocket: spy.open });
    const before = client.echo('before');
    const bad = client.set('k', { orders: [{ when: () => 1 }] });
    const nothing = client.set('k', undefined);
    const after = client.echo('after');
    expect(await rejection(bad)).toMatchObject({
      code: 'UNSUPPORTED_VALUE',
      path: '$.orders[0].when',
    });
    expect(await rejection(nothing)).toMatchObject({ code: 'UNSUPPORTED_VALUE' });
    expect(await Promise.all([before, after])).toEqual(['before', 'after']);
    expect(spy.requests(1)).toEqual(['ECHO before', 'ECHO after']);
    expect(client.pending).toBe(0);
  });

  test('arrive as they were at the call, whatever the application does to them later', async () => {
    server = await FakeServer.listen(() => integer(1));
    client = await connect(server.url);
    const object = { n: 1 };
    const done = client.set('k', object);
    object.n = 2;
    await done;
    expect(server.last.requests[0]?.args[1]).toEqual({ n: 1 });
  });

  test('whose getters make calls keep their bytes: those calls are refused', async () => {
    server = await FakeServer.listen(() => integer(1));
    client = await connect(server.url);
    let inner: Promise<unknown> | undefined;
    const value = {
      first: 'some text',
      get second() {
        inner = rejection(client.get('inner'));
        return 2;
      },
    };
    expect(await client.set('k', value)).toBe(1);
    expect(await inner).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(server.last.requests).toEqual([
      { name: 'SET', args: ['k', { first: 'some text', second: 2 }] },
    ]);
  });

  test('of many sizes keep their bytes while the socket still holds them', async () => {
    server = await FakeServer.listen(() => integer(1));
    client = await connect(server.url);
    const sizes = [10, 70_000, 3_000_000, 20, 1_200_000, 5];
    const calls: Promise<unknown>[] = [];
    for (const [i, size] of sizes.entries()) {
      calls.push(client.set(String(i), new Uint8Array(size).fill(i + 1)));
      await nextTurn();
    }
    await Promise.all(calls);
    for (const [i, size] of sizes.entries()) {
      const bytes = server.last.requests[i]?.args[1] as Uint8Array;
      expect(bytes.length).toBe(size);
      expect(bytes.every((byte) => byte === i + 1)).toBe(true);
    }
  });
});
