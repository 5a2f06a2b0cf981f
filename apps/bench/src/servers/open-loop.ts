// A generator in a process of its own that sends requests when they are due, whether or not replies
// have come: what a client waits is counted from then. The load comes as JSON and the rate behind it;
// percentiles in microseconds go out as JSON.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GENERATOR_PROCESSOR, pin } from './cpu-time.ts';
import { Bursts, type Load } from './load.ts';
import { operation } from './operations.ts';

const READ_BYTES = 64 * 1024;
/** The beginning, while everything warms up, is not counted. */
const WARM_UP_PART = 0.2;

pin(process.pid, GENERATOR_PROCESSOR);
const load: Load = JSON.parse(process.argv[2] as string);
const ratePerMs = Number(process.argv[3]) / 1000;
const bursts = new Bursts(load);
const reply = operation(load.operation).reply(load.valueBytes);
if (!('bytes' in reply)) throw new Error(`the replies to ${load.operation} differ in length`);
const replyBytes = reply.bytes;
const waited = new Float64Array(load.requests);
let answered = 0;
const { promise: done, resolve, reject } = Promise.withResolvers<void>();

/** One connection, and when the requests were due whose replies it waits for. */
class Connection {
  private readonly due: number[] = [];
  private received = 0;
  readonly socket: Socket;

  constructor() {
    this.socket = connect({
      host: '127.0.0.1',
      port: load.port,
      noDelay: true,
      onread: { buffer: new Uint8Array(READ_BYTES), callback: (length) => this.read(length) },
    });
    this.socket.on('error', reject);
    this.socket.on('close', () => reject(new Error('the server has closed the connection')));
  }

  send(due: number): void {
    this.due.push(due);
    this.socket.write(bursts.next());
  }

  private read(length: number): boolean {
    const now = performance.now();
    for (this.received += length; this.received >= replyBytes; this.received -= replyBytes)
      waited[answered++] = now - (this.due.shift() as number);
    if (answered === load.requests) resolve();
    return true;
  }
}

const connections = Array.from({ length: load.connections }, () => new Connection());
await Promise.all(connections.map(({ socket }) => once(socket, 'connect')));

const startedAt = performance.now();
let sent = 0;
function sendDue(): void {
  const end = Math.min(load.requests, (performance.now() - startedAt) * ratePerMs);
  for (; sent < end; sent++) {
    const connection = connections[sent % connections.length] as Connection;
    connection.send(startedAt + sent / ratePerMs);
  }
  // A timer would come late by a millisecond.
  if (sent < load.requests) setImmediate(sendDue);
}
sendDue();
await done;

const counted = waited.subarray(Math.floor(load.requests * WARM_UP_PART)).sort();
const percentile = (part: number): number =>
  (counted[Math.min(counted.length - 1, Math.floor(counted.length * part))] as number) * 1000;
console.log(
  JSON.stringify({
    p50: percentile(0.5),
    p99: percentile(0.99),
    p999: percentile(0.999),
    max: percentile(1),
  }),
);
process.exit(0);
