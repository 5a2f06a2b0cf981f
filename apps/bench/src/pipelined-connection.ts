// One connection with many requests in flight, and as little work for each as can be:
// a request is a copy of a template with the digits of its key.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Dialect, Word } from './dialects.ts';
import { KEY_BYTES, keyOf, writeKeyDigits } from './keys.ts';
import type { RunningServer } from './running-server.ts';

/** Is told the place of each reply that is nil, counted from 0. */
type OnAbsent = (place: number) => void;

/** Requests that were sent and wait for their replies. */
interface Exchange {
  readonly count: number;
  answered: number;
  readonly onAbsent: OnAbsent | undefined;
  readonly resolve: (lastReply: string) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to a server of either dialect. */
export class PipelinedConnection implements Disposable {
  readonly dialect: Dialect;
  private readonly socket: Socket;
  private readonly exchanges: Exchange[] = [];
  private tail: Buffer | undefined;

  private constructor(socket: Socket, dialect: Dialect) {
    this.socket = socket;
    this.dialect = dialect;
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the server closed the connection')));
  }

  static async open({ host, port, dialect }: RunningServer): Promise<PipelinedConnection> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    const connection = new PipelinedConnection(socket, dialect);
    await connection.request(...dialect.greeting);
    return connection;
  }

  /**
   * Sends `count` requests and waits for their replies; answers the last as its bytes.
   * `bytes` may be used again afterwards. Rejects when the server refused one.
   */
  send(bytes: Buffer, count: number, onAbsent?: OnAbsent): Promise<string> {
    return new Promise((resolve, reject) => {
      this.exchanges.push({ count, answered: 0, onAbsent, resolve, reject });
      this.socket.write(bytes);
    });
  }

  /** Sends one request; answers the bytes of its reply, as Latin-1. */
  request(...words: readonly Word[]): Promise<string> {
    return this.send(this.dialect.request(words), 1);
  }

  /** A number out of INFO, such as `used_memory`; NaN when there is none. */
  async infoNumber(name: string): Promise<number> {
    return Number(new RegExp(`${name}[:=](\\d+)`).exec(await this.request('INFO'))?.[1] ?? 'NaN');
  }

  /** Keys in database 0. */
  async keyCount(): Promise<number> {
    return (await this.infoNumber('db0:keys')) || 0;
  }

  private take(chunk: Buffer): void {
    const bytes = this.tail === undefined ? chunk : Buffer.concat([this.tail, chunk]);
    let at = 0;
    for (;;) {
      const next = this.dialect.replyEnd(bytes, at, bytes.length);
      if (next < 0) break;
      this.reply(bytes, at, next);
      at = next;
    }
    this.tail = at < bytes.length ? Buffer.from(bytes.subarray(at)) : undefined;
  }

  private reply(bytes: Buffer, at: number, end: number): void {
    const exchange = this.exchanges[0] as Exchange;
    const kind = this.dialect.replyKind(bytes, at);
    if (kind === 'absent') exchange.onAbsent?.(exchange.answered);
    if (kind === 'error') exchange.reject(new Error(printable(bytes.subarray(at, end))));
    if (++exchange.answered < exchange.count) return;
    this.exchanges.shift();
    exchange.resolve(exchange.count === 1 ? bytes.toString('latin1', at, end) : '');
  }

  private fail(error: Error): void {
    for (const { reject } of this.exchanges.splice(0)) reject(error);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** The words in a reply of either dialect. */
function printable(reply: Buffer): string {
  return reply
    .toString('latin1')
    .replaceAll(/[^ -~]+/g, ' ')
    .trim();
}

/** A request for any key, e.g. `['SET', KEY, 'value']`. */
export class RequestTemplate {
  readonly bytes: Buffer;
  private readonly keyAt: number;

  constructor(dialect: Dialect, name: string, ...args: readonly Word[]) {
    this.bytes = dialect.request([name, keyOf(0), ...args]);
    this.keyAt = this.bytes.indexOf(keyOf(0));
  }

  /** Writes the request at `at` of `target`; answers where it ends. */
  writeTo(target: Buffer, at: number, key: number): number {
    target.set(this.bytes, at);
    writeKeyDigits(target, at + this.keyAt + KEY_BYTES, key);
    return at + this.bytes.length;
  }
}

const BATCH = 500;
const BATCHES_IN_FLIGHT = 4;

/** How a connection is kept busy. */
export interface Load {
  readonly count: number;
  /** The `i`-th request. */
  readonly template: (i: number) => RequestTemplate;
  readonly key: (i: number) => number;
  readonly onProgress?: (done: number) => void;
}

/** Sends many requests, some batches of them in flight at a time. */
export async function load(
  connection: PipelinedConnection,
  { count, template, key, onProgress }: Load,
): Promise<void> {
  let next = 0;
  const sendBatches = async () => {
    let buffer = Buffer.alloc(0);
    while (next < count) {
      const first = next;
      next = Math.min(count, first + BATCH);
      let needed = 0;
      for (let i = first; i < next; i++) needed += template(i).bytes.length;
      if (needed > buffer.length) buffer = Buffer.allocUnsafeSlow(needed * 2);
      let at = 0;
      for (let i = first; i < next; i++) at = template(i).writeTo(buffer, at, key(i));
      await connection.send(buffer.subarray(0, at), next - first);
      onProgress?.(next);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, sendBatches));
}
