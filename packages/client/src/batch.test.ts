import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import {
  FakeServer,
  failure,
  integer,
  list,
  ok,
  type Reply,
  type Request,
  SocketSpy,
  text,
  value,
} from '../test/fake-server.ts';
import { ManualTimers } from '../test/manual-timers.ts';
import { nextTurn, rejection } from '../test/outcome.ts';
import type { Batch } from './batch.ts';
import { connect } from './connect.ts';
import { BatchError, KvError } from './errors.ts';
import type { KvClient } from './kv-client.ts';

let server: FakeServer;
let client: KvClient;
let timers: ManualTimers;
let spy: SocketSpy;

/** A server that queues everything and answers EXEC with these. */
const answering =
  (...replies: readonly Reply[]) =>
  ({ name }: Request) => {
    if (name === 'MULTI') return ok;
    return name === 'EXEC' ? list(...replies) : text('QUEUED');
  };

beforeEach(async () => {
  server = await FakeServer.listen();
  timers = new ManualTimers();
  spy = new SocketSpy();
  client = await connect({ url: server.url, timers, random: () => 1, openSocket: spy.open });
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
});

describe('a batch', () => {
  test('is a tuple of replies in the order that is returned, and goes out with what is beside it', async () => {
    server.script = (request) =>
      request.name === 'GET' && request.args[0] === 'beside'
        ? text('B')
        : answering(integer(1), value({ n: 1 }), integer(0))(request);
    const beside = client.get('beside');
    const both = client.batch((b) => {
      const n = b.incr('n');
      const user = b.get<{ n: number }>('user');
      b.del('old');
      return [user, n];
    });
    expectTypeOf(both).toEqualTypeOf<Promise<[{ n: number } | undefined, number | bigint]>>();
    expect(await both).toEqual([{ n: 1 }, 1]);
    expect(await beside).toBe('B');
    expect(spy.requests(1)).toEqual([
      'GET beside',
      'MULTI',
      'INCR n',
      'GET user',
      'DEL old',
      'EXEC',
    ]);
    expect(client.pending).toBe(0);
  });

  test('has the keys, TTLs and options of its view', async () => {
    server.script = answering(integer(1), list(text('v:a')));
    const view = client.with({ prefix: 'v:', ttlMs: 5 });
    expect(await view.batch((b) => [b.set('k', 1, { if: 'absent' }), b.keys('*')])).toEqual([
      1,
      ['a'],
    ]);
    expect(spy.requests(1)).toEqual(['MULTI', 'SET v:k 1 PX 5 NX', 'KEYS v:*', 'EXEC']);
  });

  test('without calls asks nobody', async () => {
    expect(await client.batch(() => [])).toEqual([]);
    expect(spy.writes).toHaveLength(1);
  });

  test('rejects with what was refused beforehand', async () => {
    server.script = ({ name }) => {
      if (name === 'MULTI') return ok;
      if (name === 'EXEC') return failure('EXECABORT');
      return name === 'SETEX' ? failure('OOM') : text('QUEUED');
    };
    const refused = client.batch((b) => [b.get('k'), b.setex('k', 1, 'v')]);
    await expect(refused).rejects.toMatchObject({ code: 'REPLY', replyCode: 'OOM' });
    expect(client.pending).toBe(0);
  });

  test('rejects with a BatchError that holds all replies when one failed', async () => {
    server.script = answering(integer(1), failure('WRONGTYPE'), integer(2));
    const failed = await rejection(client.batch((b) => [b.incr('a'), b.incr('b'), b.incr('c')]));
    expect(failed).toBeInstanceOf(BatchError);
    const { replyCode, replies } = failed as unknown as BatchError;
    expect(replyCode).toBe('WRONGTYPE');
    expect([replies[0], replies[2]]).toEqual([1, 2]);
    expect(replies[1]).toMatchObject({ replyCode: 'WRONGTYPE' });
  });

  test('refuses what has no place in it, before anything is sent', async () => {
    const wrong: ((b: Batch) => unknown)[] = [
      (b) => [b.multi()],
      (b) => [b.select(1)],
      (b) => [b.subscribe('c')],
      (b) => [b.get('k', { timeoutMs: 5 })],
      (b) => [b.set('k', undefined)],
      async (b) => [b.get('k')],
      () => [1],
    ];
    for (const build of wrong)
      await expect(client.batch(build as (b: Batch) => [])).rejects.toBeInstanceOf(Error);
    await nextTurn();
    expect(spy.writes).toHaveLength(1);
    expect(client.pending).toBe(0);
  });

  test('is taken back as a whole when it is aborted before it was sent', async () => {
    server.script = () => text('G');
    const aborter = new AbortController();
    const aborted = rejection(client.batch((b) => [b.incr('n')], { signal: aborter.signal }));
    const other = client.get('k');
    aborter.abort();
    expect(await aborted).toMatchObject({ code: 'ABORTED', sent: false });
    expect(await other).toBe('G');
    expect(spy.requests(1)).toEqual(['GET k']);
  });

  test('drops all its replies when it is given up after it was sent', async () => {
    const late = rejection(client.batch((b) => [b.incr('n')], { timeoutMs: 10 }));
    await server.received(3);
    timers.advance(10);
    expect(await late).toMatchObject({ code: 'TIMEOUT', sent: true });
    const next = client.get('k');
    await server.received(4);
    server.last.send(ok, text('QUEUED'), list(integer(1)), text('mine'));
    expect(await next).toBe('mine');
  });
});

describe('a batch whose connection is lost', () => {
  async function loseAfterQueued(count: number): Promise<void> {
    await server.received(count);
    server.last.send(ok, text('QUEUED'));
    await nextTurn();
    server.last.drop();
    while (client.state === 'ready') await nextTurn();
    timers.advance(2000 - 1);
    await server.until(() => server.connections.length > 1);
  }

  test('goes out again as a whole when each of its commands may', async () => {
    const batch = client.batch((b) => [b.set('k', { n: 1 }), b.get('k')]);
    await loseAfterQueued(4);
    server.script = answering(integer(1), value({ n: 1 }));
    await server.received(4);
    server.last.send(ok, text('QUEUED'), text('QUEUED'), list(integer(1), value({ n: 1 })));
    expect(await batch).toEqual([1, { n: 1 }]);
  });

  test('is UNCERTAIN when one of them may not', async () => {
    const batch = rejection(client.batch((b) => [b.get('k'), b.incr('n')]));
    await loseAfterQueued(4);
    expect(await batch).toMatchObject({ code: 'UNCERTAIN', sent: true });
  });
});

describe('update', () => {
  test('compares with the value as it was read, even if it is changed in place', async () => {
    const seen: Request[] = [];
    server.script = (request) => {
      if (request.name === 'GET') return value({ n: 1 });
      seen.push(request);
      return integer(seen.length < 2 ? 0 : 1);
    };
    const result = await client.update<{ n: number }>('k', (current) => {
      if (current !== undefined) current.n++;
      return current;
    });
    expect(result).toEqual({ n: 2 });
    const args = ['k', { n: 2 }, 'KEEPTTL', 'IFEQ', { n: 1 }];
    expect(seen).toEqual([
      { name: 'SET', args },
      { name: 'SET', args },
    ]);
  });

  test('leaves alone what it gets undefined for, and ends when others are always faster', async () => {
    server.script = ({ name }) => (name === 'GET' ? value('v') : integer(0));
    expect(await client.update('k', () => undefined)).toBe('v');
    const lost = await rejection(client.update('k', () => 'w'));
    expect(lost).toMatchObject({ code: 'CONFLICT' });
    expect(lost).toBeInstanceOf(KvError);
  });
});
