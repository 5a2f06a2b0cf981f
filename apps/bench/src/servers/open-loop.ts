// A generator in a process of its own that sends requests when they are due, whether or not replies
// have come: what a client waits is counted from then. One process has all servers in turn, round after
// round, so that it is as warm for one as for another. Its task comes as JSON; percentiles in microseconds
// of each server's rounds go out as JSON.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GENERATOR_PROCESSOR, pin } from './cpu-time.ts';
import { Bursts, type Load } from './load.ts';
import { operation } from './operations.ts';

/** What a generator is told. */
export interface Task {
  /** One for each server; `requests` are those of a round. */
  readonly loads: readonly Load[];
  readonly perSecond: number;
  readonly rounds: number;
  /** So many before them are not counted. */
  readonly warmUps: number;
}

/** What a round measured. */
export type Percentiles = Readonly<Record<'p50' | 'p99' | 'p999' | 'max', number>>;

const READ_BYTES = 64 * 1024;
/** The beginning of a round is not counted: the server has been idle, or had other work. */
const WARM_UP_PART = 0.2;
/** Each turn of the event loop leaves something to the garbage collector: this long one waits for a request to be due. */
const PATIENCE_MS = 0.005;

/** One connection, and when the requests were due whose replies it waits for. */
class Connection {
  readonly socket: Socket;
  private readonly due: number[] = [];
  private received = 0;
  private readonly replyBytes: number;
  private readonly onReply: (waitedMs: number) => void;

  constructor(port: number, replyBytes: number, onReply: (waitedMs: number) => void) {
    this.replyBytes = replyBytes;
    this.onReply = onReply;
    const buffer = new Uint8Array(READ_BYTES);
    const onread = { buffer, callback: (length: number) => this.read(length) };
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.socket.on('close', () => {
      throw new Error('the server has closed the connection');
    });
  }

  send(request: Uint8Array, due: number): void {
    this.due.push(due);
    this.socket.write(request);
  }

  private read(length: number): boolean {
    const now = performance.now();
    const { replyBytes } = this;
    for (this.received += length; this.received >= replyBytes; this.received -= replyBytes)
      this.onReply(now - (this.due.shift() as number));
    return true;
  }
}

/** The load on one server. */
class OpenLoop {
  private readonly bursts: Bursts;
  private readonly connections: readonly Connection[];
  private readonly waited: Float64Array;
  private readonly ratePerMs: number;
  private answered = 0;
  private done = (): void => {};

  constructor(load: Load, perSecond: number) {
    const reply = operation(load.operation).reply(load.valueBytes);
    if (!('bytes' in reply)) throw new Error(`replies to ${load.operation} differ in length`);
    const { bytes } = reply;
    this.ratePerMs = perSecond / 1000;
    this.bursts = new Bursts(load);
    this.waited = new Float64Array(load.requests);
    const onReply = (waitedMs: number): void => {
      this.waited[this.answered++] = waitedMs;
      if (this.answered === this.waited.length) this.done();
    };
    this.connections = Array.from(
      { length: load.connections },
      () => new Connection(load.port, bytes, onReply),
    );
  }

  async connected(): Promise<void> {
    await Promise.all(this.connections.map(({ socket }) => once(socket, 'connect')));
  }

  async round(): Promise<Percentiles> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.answered = 0;
    this.done = resolve;
    this.send();
    await promise;
    return percentiles(this.waited.slice(Math.floor(this.waited.length * WARM_UP_PART)));
  }

  private send(): void {
    const { connections, bursts, ratePerMs } = this;
    const requests = this.waited.length;
    const startedAt = performance.now();
    let sent = 0;
    const sendDue = (): void => {
      const turnedAt = performance.now();
      let now = turnedAt;
      do {
        const end = Math.min(requests, (now - startedAt) * ratePerMs);
        for (; sent < end; sent++) {
          const connection = connections[sent % connections.length] as Connection;
          connection.send(bursts.next(), startedAt + sent / ratePerMs);
        }
        now = performance.now();
      } while (now - turnedAt < PATIENCE_MS);
      // A timer would come late by a millisecond.
      if (sent < requests) setImmediate(sendDue);
    };
    sendDue();
  }
}

function percentiles(waitedMs: Float64Array): Percentiles {
  waitedMs.sort();
  const at = (part: number): number =>
    (waitedMs[Math.min(waitedMs.length - 1, Math.floor(waitedMs.length * part))] as number) * 1000;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

pin(process.pid, GENERATOR_PROCESSOR);
const { loads, perSecond, rounds, warmUps }: Task = JSON.parse(process.argv[2] as string);
const servers = loads.map((load) => ({ loop: new OpenLoop(load, perSecond), measured: [] }));
await Promise.all(servers.map(({ loop }) => loop.connected()));
for (let round = -warmUps; round < rounds; round++) {
  // The other way round in every second round.
  for (const { loop, measured } of round % 2 === 0 ? servers : servers.toReversed()) {
    // What the last round has left is not cleared away in this one.
    globalThis.gc?.({ type: 'minor' });
    const result = await loop.round();
    if (round >= 0) (measured as Percentiles[]).push(result);
  }
}
console.log(JSON.stringify(servers.map(({ measured }) => measured)));
process.exit(0);
