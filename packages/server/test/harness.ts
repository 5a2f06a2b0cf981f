import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ByteWriter, FrameKind, ReplyReader, valueCodec, writeRequest } from '@kv/protocol';
import type { Connection } from '../src/connection.ts';
import type { Listener, ListenOptions } from '../src/listen.ts';
import { systemNetwork } from '../src/network.ts';
import type { AppendOnlyLog, Lifecycle, Log, Snapshots, Timers } from '../src/ports.ts';
import { KvServer, type KvServerOptions } from '../src/server.ts';
import { FakeKeyspaces } from './fake-keyspaces.ts';

/** Timers that only {@link ManualTimers.advance} moves. */
class ManualTimers implements Timers {
  private readonly due = new Map<object, { at: number; callback: () => void; every: number }>();
  private now = 0;

  setTimeout(callback: () => void, ms: number): unknown {
    return this.add(callback, ms, 0);
  }
  setInterval(callback: () => void, ms: number): unknown {
    return this.add(callback, ms, ms);
  }
  clearTimeout(handle: unknown): void {
    this.due.delete(handle as object);
  }
  clearInterval(handle: unknown): void {
    this.due.delete(handle as object);
  }
  setImmediate(callback: () => void): unknown {
    return setImmediate(callback);
  }

  /** How many timers wait. */
  get size(): number {
    return this.due.size;
  }

  /** Runs what falls due in the next so many milliseconds, in order. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = [...this.due].sort(([, a], [, b]) => a.at - b.at)[0];
      if (next === undefined || next[1].at > end) break;
      const [handle, timer] = next;
      this.now = timer.at;
      if (timer.every > 0) timer.at += timer.every;
      else this.due.delete(handle);
      timer.callback();
    }
    this.now = end;
  }

  private add(callback: () => void, ms: number, every: number): object {
    const handle = {};
    this.due.set(handle, { at: this.now + ms, callback, every });
    return handle;
  }
}

/** Saves that end when the test says so. */
class ManualSnapshots implements Snapshots {
  saving = false;
  readonly lastSaveAt = 1_700_000_000;
  readonly lastSaveOk = true;
  readonly lastSaveError = undefined;
  readonly lastSaveDurationMs = 0;
  failure: string | undefined;
  readonly savedEntries = 0;
  readonly changes = 0;
  flushes = 0;
  /** Saves that have begun. */
  saves = 0;
  private running: PromiseWithResolvers<void> | undefined;

  /** As the real ones: a save that a flush has undone is not in the way of another. */
  save(): Promise<void> {
    if (this.saving && this.flushes === 0)
      return Promise.reject(Object.assign(new Error('saving'), { code: 'SAVE_IN_PROGRESS' }));
    this.saving = true;
    this.saves++;
    this.running = Promise.withResolvers();
    return this.running.promise;
  }
  finish(error?: Error): void {
    this.saving = false;
    if (error === undefined) this.running?.resolve();
    else this.running?.reject(error);
  }
  flushed(): void {
    this.flushes++;
  }
}

/** A log whose disk answers when the test says so; off until it is `enabled`. */
class ManualLog implements AppendOnlyLog {
  enabled = false;
  ending = false;
  /** Whether something is not on disk yet, and replies wait for that. */
  holds = false;
  /** Whether something is not on disk yet, and nobody waits for that but who asks for it. */
  lags = false;
  failure: string | undefined;
  readonly bytes = 0;
  readonly baseBytes = 0;
  rewriting = false;
  readonly lastRewriteOk = true;
  readonly lastRewriteError = undefined;
  readonly lastRewriteMs = undefined;
  private waiting: ((safe: boolean) => void)[] = [];

  whenReleased(released: (safe: boolean) => void): void {
    if (this.holds) this.waiting.push(released);
    else released(true);
  }
  whenDurable(released: (safe: boolean) => void): void {
    if (this.holds || this.lags) this.waiting.push(released);
    else released(true);
  }
  async rewrite(): Promise<void> {
    this.rewriting = true;
  }

  /** How many wait for the disk. */
  get waiters(): number {
    return this.waiting.length;
  }

  /** All that waits is on disk, or never will be. */
  release(safe = true): void {
    this.holds = false;
    this.lags = false;
    for (const released of this.waiting.splice(0)) released(safe);
  }
}

/** Log lines, kept. */
class Lines implements Log {
  readonly lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  private readonly waiting: { message: string; resolve: () => void }[] = [];

  debug = (fields: object, message: string): void => this.add('debug', fields, message);
  info = (fields: object, message: string): void => this.add('info', fields, message);
  warn = (fields: object, message: string): void => this.add('warn', fields, message);
  error = (fields: object, message: string): void => this.add('error', fields, message);

  /** Resolves when a line with this message is, or has been, logged. */
  seen(message: string): Promise<void> {
    if (this.lines.some((line) => line.message === message)) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ message, resolve }));
  }

  private add(level: string, fields: object, message: string): void {
    this.lines.push({ level, fields: { ...fields }, message });
    for (const { message: wanted, resolve } of this.waiting) if (wanted === message) resolve();
  }
}

/** An error reply, as tests compare it. */
export class Refusal {
  readonly code: string;
  readonly message: string;
  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** A raw client: writes requests, collects replies. */
export class RawClient {
  readonly socket: Socket;
  readonly replies: unknown[] = [];
  readonly closed: Promise<unknown>;
  /** The server has closed its side. */
  readonly ended: Promise<unknown>;
  private readonly reader = new ReplyReader();
  private wake = Promise.withResolvers<void>();
  private taken = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    this.ended = new Promise((resolve) => socket.once('end', () => resolve(undefined)));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.reader.push(chunk);
      while (this.reader.next()) this.replies.push(this.decode());
      this.wake.resolve();
      this.wake = Promise.withResolvers();
    });
  }

  private decode(): unknown {
    const { bytes, bodyStart, bodyEnd, kind } = this.reader;
    const body = valueCodec.decodeReply(bytes, bodyStart, bodyEnd);
    if (kind !== FrameKind.ERROR) return body;
    const [code, message] = body as [string, string];
    return new Refusal(code, message);
  }

  /** Sends requests in one write, each a name and its arguments. */
  send(...requests: readonly (readonly [string, ...unknown[]])[]): void {
    this.socket.write(frames(...requests));
  }

  /** The next replies, in order. */
  async next(count: number): Promise<unknown[]> {
    while (this.replies.length < this.taken + count)
      await Promise.race([
        this.wake.promise,
        this.closed.then(() => {
          if (this.replies.length < this.taken + count)
            throw new Error(`closed after ${this.replies.length} replies`);
        }),
      ]);
    this.taken += count;
    return this.replies.slice(this.taken - count, this.taken);
  }

  /** One request and its reply. */
  async call(name: string, ...args: unknown[]): Promise<unknown> {
    this.send([name, ...args]);
    return (await this.next(1))[0];
  }
}

/** Request frames, as bytes. */
export function frames(...requests: readonly (readonly [string, ...unknown[]])[]): Uint8Array {
  const writer = new ByteWriter();
  for (const [name, ...args] of requests) writeRequest(writer, valueCodec, name, args);
  return writer.copy();
}

/** A server on ports that the test moves by hand. `await using` closes it. */
export class TestServer {
  readonly timers = new ManualTimers();
  readonly snapshots = new ManualSnapshots();
  readonly appendLog = new ManualLog();
  readonly log = new Lines();
  readonly clock: { time: number; now(): number } = {
    time: 1_800_000_000_000,
    now() {
      return this.time;
    },
  };
  readonly keyspaces: FakeKeyspaces;
  readonly shutdowns: Parameters<Lifecycle['shutdown']>[0][] = [];
  loading = false;
  readonly server: KvServer;
  private listener: Listener | undefined;

  constructor(options: Partial<KvServerOptions> = {}) {
    this.keyspaces = new FakeKeyspaces(this.clock);
    this.server = new KvServer({
      version: '0.0.0-test',
      keyspaces: this.keyspaces,
      snapshots: this.snapshots,
      appendLog: this.appendLog,
      lifecycle: {
        shutdown: (how) => {
          this.shutdowns.push(how);
          return this.server.close({ drainMs: 1000 });
        },
      },
      configuration: {
        parameters: () => [['maxclients', '10000']],
        rewrite: () => 'The server is running without a config file',
        change: (pairs) => (pairs[0]?.[0] === 'maxclients' ? undefined : 'Unknown option'),
      },
      loading: () => this.loading,
      clock: this.clock,
      timers: this.timers,
      log: this.log,
      password: undefined,
      limits: { connectionsMax: 100, idleMsMax: 0 },
      monotonic: () => this.clock.time,
      diagnostics: {
        slowerThanUs: 10_000,
        slowLogMax: 128,
        latencyMs: 0,
        tracking: true,
        percentiles: [50, 99],
      },
      debugging: { allowed: 'no', activeExpiry() {}, block() {} },
      network: systemNetwork,
      transport: process.env.KV_TEST_TRANSPORT === 'stream' ? 'stream' : 'auto',
      busyPoll: true,
      ...options,
    });
  }

  async listen(where: ListenOptions = { host: '127.0.0.1', port: 0 }): Promise<this> {
    this.listener = await this.server.listen(where);
    return this;
  }

  /** A client that has not said anything. */
  async connect(): Promise<RawClient> {
    const port = this.listener?.port;
    const socket =
      port === undefined
        ? connect({ path: this.listener?.address ?? '', allowHalfOpen: true })
        : connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** A client whose HELLO has been answered. */
  async greeted(): Promise<RawClient> {
    const client = await this.connect();
    await client.call('HELLO', 1);
    return client;
  }

  /** What waits for each client, in bytes. */
  waitingBytes(): number[] {
    const { connections } = this.server as unknown as { connections: Map<Connection, unknown> };
    return [...connections.keys()].map(({ progress }) => progress.waitingBytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.server.close({ drainMs: 0 });
    this.timers.advance(0);
    await closed;
  }
}

/** Starts a {@link TestServer} on a port of the system's choice. */
export function startServer(options: Partial<KvServerOptions> = {}): Promise<TestServer> {
  return new TestServer(options).listen();
}
