// Which clients wait for the end of a poll, and which are served at once: polls are counted here, not timed.
import { RequestBatch, RespReader } from '@kv/protocol';
import { expect, test } from 'vitest';
import type { Executor } from './executor.ts';
import { type GatheredClient, Gathering } from './gathering.ts';
import type { Timers } from './ports.ts';
import { Turn } from './turn.ts';

/** An event loop whose polls end when the test says so, and what was executed since, one look-up after the other. */
class Polls {
  private readonly batch = new RequestBatch();
  private readonly dialect = { reader: new RespReader(), batch: this.batch };
  private readonly session = { keyspace: {} };
  private immediates: (() => void)[] = [];
  private lookUps: string[][] = [];
  private readonly gathering: Gathering;

  constructor() {
    const timers = { setImmediate: (callback: () => void) => this.immediates.push(callback) };
    const executor = { begin: () => this.lookUps.push([]), end: () => {} };
    this.gathering = new Gathering(
      executor as unknown as Executor,
      new Turn(),
      timers as unknown as Timers,
    );
  }

  /** A client sends keys to be got. */
  send(...keys: string[]): boolean {
    return this.sendText(
      keys.map((key) => `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`).join(''),
    );
  }

  sendText(text: string): boolean {
    const bytes = Buffer.from(text);
    const { batch, dialect, session } = this;
    const client = {
      dialect,
      session,
      runGathered: (from: number, to: number) => {
        for (let row = from; row < to; row++)
          this.lookUps.at(-1)?.push(batch.text(batch.first[row] as number));
      },
    };
    // The area that sockets read to is used for the next client at once.
    const taken = this.gathering.take(client as unknown as GatheredClient, bytes, bytes.length);
    bytes.fill(0);
    return taken;
  }

  /** What has been executed since it was asked. */
  executed(): string[][] {
    const all = this.lookUps;
    this.lookUps = [];
    return all;
  }

  end(): void {
    const due = this.immediates;
    this.immediates = [];
    for (const callback of due) callback();
  }
}

test('what clients send in one poll is looked up together, short or long', () => {
  const polls = new Polls();
  const long = 'k'.repeat(200);
  polls.send('a');
  polls.send('b', 'c');
  polls.send(long);
  expect(polls.executed()).toEqual([]);
  polls.end();
  expect(polls.executed()).toEqual([['a', 'b', 'c', long]]);
});

test('one that came alone is served at once the next time, then the next two times, up to 64', () => {
  const polls = new Polls();
  let inARow: number[] = [];
  let now = 0;
  for (let poll = 0; poll < 400; poll++) {
    polls.send('a');
    if (polls.executed().length === 1) now++;
    else {
      inARow.push(now);
      now = 0;
    }
    polls.end();
    polls.executed();
  }
  inARow = inARow.slice(1, 9);
  expect(inARow).toEqual([1, 2, 4, 8, 16, 32, 64, 64]);
});

test('nobody is served at once any more when others come, too', () => {
  const polls = new Polls();
  for (let poll = 0; poll < 4; poll++) {
    polls.send('a');
    polls.end();
  }
  // After 1 and 2 of them it was looked again; now 4 are due.
  polls.executed();
  for (let i = 0; i < 4; i++) {
    polls.send('b');
    if (i === 3) polls.end();
  }
  polls.executed();
  for (let i = 0; i < 4; i++) polls.send('c');
  polls.end();
  polls.send('d');
  polls.send('e');
  polls.end();
  expect(polls.executed().at(-1)).toEqual(['d', 'e']);
  polls.send('f');
  expect(polls.executed()).toEqual([]);
  polls.end();
  polls.send('g');
  expect(polls.executed()).toEqual([['f'], ['g']]);
});

test('half a request is not taken, and what was gathered before it is executed first', () => {
  const polls = new Polls();
  polls.send('a');
  expect(polls.sendText('*2\r\n$3\r\nGET\r\n$1\r\n')).toBe(false);
  expect(polls.executed()).toEqual([['a']]);
});
