import { RequestBatch, RespReader, RespReplyWriter } from '@kv/protocol';
import { expect, test } from 'vitest';
import { FakeKeyspaces } from '../test/fake-keyspaces.ts';
import { runPlain } from './plain-run.ts';
import type { Keyspace } from './ports.ts';
import { Statistics } from './statistics.ts';

const request = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

/** Runs what it can of some requests. */
function run(requests: string[], db: Keyspace, mayWrite = true) {
  const batch = new RequestBatch();
  const bytes = Buffer.from(requests.join(''));
  batch.begin(bytes);
  new RespReader().fill(batch, 0, bytes.length, true);
  let replies = '';
  const out = new RespReplyWriter({
    send: (sent, length) => {
      replies += Buffer.from(sent.subarray(0, length)).toString('latin1');
      return true;
    },
  });
  const statistics = new Statistics(0);
  const row = runPlain(batch, 0, batch.rows, db, out, mayWrite, statistics);
  out.flush();
  return { row, replies, statistics };
}

const database = (): Keyspace => new FakeKeyspaces({ now: () => 0 }).at(0) as Keyspace;

test('a run of GET and SET is executed in order up to the first request of another shape', () => {
  const first = [request('GET', 'k'), request('SET', 'k', 'v'), request('get', 'k')];
  for (const other of [
    request('SET', 'k', 'w', 'NX'),
    request('GET', 'k', 'k'),
    request('INCR', 'n'),
    request('NOSUCH'),
  ]) {
    const { row, replies, statistics } = run([...first, other, request('GET', 'k')], database());
    expect(row).toBe(3);
    expect(replies).toBe('$-1\r\n+OK\r\n$1\r\nv\r\n');
    expect([statistics.keyspaceHits, statistics.keyspaceMisses]).toEqual([1, 1]);
    expect(Array.from(statistics.calls.filter((calls) => calls > 0)).sort()).toEqual([1, 2]);
  }
});

test('where nothing may be written a run ends at a SET', () => {
  const { row, replies } = run([request('GET', 'k'), request('SET', 'k', 'v')], database(), false);
  expect(row).toBe(1);
  expect(replies).toBe('$-1\r\n');
});

test('a SET for which there is no memory is left to the others, and nothing of its reply stays', () => {
  const db = database();
  const set = db.set.bind(db);
  db.set = (...entry) => {
    if (entry[4] === 3) throw Object.assign(new Error('no memory'), { code: 'OUT_OF_MEMORY' });
    set(...entry);
  };
  const requests = [request('SET', 'a', '1'), request('SET', 'b', '333'), request('GET', 'a')];
  expect(run(requests, db)).toMatchObject({ row: 1, replies: '+OK\r\n' });
  db.set = () => {
    throw new Error('broken');
  };
  expect(() => run(requests, db)).toThrow('broken');
});

test('a run ends when replies have been sent, since the client may not take them', () => {
  const db = database();
  run([request('SET', 'k', 'x'.repeat(20_000))], db);
  // The fourth reply finds no room behind the others.
  const { row, replies } = run(new Array(6).fill(request('GET', 'k')), db);
  expect(row).toBe(4);
  expect(replies).toBe(`$20000\r\n${'x'.repeat(20_000)}\r\n`.repeat(4));
});
