import type { Socket } from 'node:net';
import {
  FrameReader,
  NativeReplyWriter,
  RequestBatch,
  RespReader,
  RespReplyWriter,
} from '@kv/protocol';
import { BusyPoll } from './busy-poll.ts';
import { CommandTimer } from './command-timer.ts';
import { Connection } from './connection.ts';
import { CredentialCheck } from './credentials.ts';
import { Dispatcher } from './dispatch.ts';
import { Executor } from './executor.ts';
import { Gathering } from './gathering.ts';
import type { ServerContext } from './handler.ts';
import { KeyspaceEvents } from './keyspace-events.ts';
import { LatencyMonitor } from './latency-monitor.ts';
import { BATCH_ROWS, HOUSEKEEPING_MS } from './limits.ts';
import { addressOf, type Listener, type ListenOptions } from './listen.ts';
import type { Machinery } from './machinery.ts';
import { Monitors } from './monitors.ts';
import type { Network } from './network.ts';
import { Observers } from './observers.ts';
import { Pause } from './pause.ts';
import type {
  AppendOnlyLog,
  Clock,
  Configuration,
  Debugging,
  Diagnostics,
  Keyspaces,
  Lifecycle,
  Limits,
  Log,
  Snapshots,
  Timers,
} from './ports.ts';
import { PubSub } from './pubsub.ts';
import type { TlsIdentity } from './secure-server.ts';
import { Session } from './session.ts';
import { SharedInput } from './shared-input.ts';
import { SlowLog } from './slow-log.ts';
import { SpareArrays } from './spare-arrays.ts';
import { Statistics } from './statistics.ts';
import { Turn } from './turn.ts';
import { Watch } from './watch.ts';
import { WatchedKeys } from './watched-keys.ts';
import { WriteViews } from './write-views.ts';

/** What a server is made of; there are no defaults, the assembly decides. */
export interface KvServerOptions {
  readonly version: string;
  readonly keyspaces: Keyspaces;
  readonly snapshots: Snapshots;
  readonly appendLog: AppendOnlyLog;
  readonly lifecycle: Lifecycle;
  readonly configuration: Configuration;
  /** Whether the data is still being read from disk; most commands are refused meanwhile. */
  readonly loading: () => boolean;
  readonly clock: Clock;
  /** Milliseconds with fractions, of a clock that only goes forward: `performance.now`. */
  readonly monotonic: () => number;
  readonly timers: Timers;
  readonly log: Log;
  /** `undefined`: nobody has to sign in. */
  readonly password: string | undefined;
  /** Asked for again whenever they matter. */
  readonly limits: Limits;
  readonly diagnostics: Diagnostics;
  readonly debugging: Debugging;
  readonly network: Network;
  /**
   * How sockets are read: `auto` is into one shared buffer where Node.js allows it, `stream`
   * is each read in an array of its own.
   */
  readonly transport: 'auto' | 'stream';
  /** Whether the next requests are waited for awake, for some microseconds, where that pays. */
  readonly busyPoll: boolean;
}

/** For the moments between turns, when nothing is pending. */
const NOWHERE = { send: () => true };

/**
 * The kvd server: accepts connections on any number of listeners and executes
 * their requests, one at a time, against the keyspaces it was given.
 *
 * @example
 * ```ts
 * const server = new KvServer({ keyspaces, snapshots, ... });
 * const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
 * await server.close({ drainMs: 1000 });
 * ```
 */
export class KvServer {
  readonly statistics: Statistics;
  private readonly options: KvServerOptions;
  private readonly machinery: Machinery;
  private readonly listeners: Listener[] = [];
  private readonly connections = new Map<Connection, Watch>();
  private readonly sessions = new Set<Session>();
  private readonly housekeeping: unknown;
  private lastId = 0;
  private elapsedMs = 0;
  private closing = false;
  /** Called when the last client has gone. */
  private deserted: (() => void) | undefined;

  constructor(options: KvServerOptions) {
    this.options = options;
    this.statistics = new Statistics(options.clock.now());
    const observers = new Observers(options.keyspaces);
    const pubsub = new PubSub();
    const slowLog = new SlowLog();
    const latency = new LatencyMonitor();
    const { monotonic, clock, diagnostics } = options;
    const context: ServerContext = {
      ...options,
      credentials: new CredentialCheck(options.password),
      pause: new Pause(options.timers),
      pubsub,
      keyspaceEvents: new KeyspaceEvents(pubsub, observers, options.keyspaces),
      watchedKeys: new WatchedKeys(options.keyspaces, observers),
      monitors: new Monitors(),
      slowLog,
      latency,
      timer: new CommandTimer({ monotonic, clock, slowLog, latency }, diagnostics),
      statistics: this.statistics,
      sessions: this.sessions,
      listening: () => this.listeners.map(({ address }) => address),
    };
    const executor = new Executor(context, new Dispatcher(context));
    const turn = new Turn();
    this.machinery = {
      context,
      executor,
      gathering: new Gathering(executor, turn, options.timers),
      native: {
        reader: new FrameReader(),
        batch: new RequestBatch(BATCH_ROWS),
        out: new NativeReplyWriter(NOWHERE),
      },
      resp: {
        reader: new RespReader(),
        batch: new RequestBatch(BATCH_ROWS),
        out: new RespReplyWriter(NOWHERE),
      },
      wire: {
        input: options.transport === 'stream' ? undefined : new SharedInput(),
        network: options.network,
        views: new WriteViews(),
        appendLog: options.appendLog,
        timers: options.timers,
        statistics: this.statistics,
        lastReader: undefined,
        fullReads: 0,
      },
      turn,
      spares: new SpareArrays(),
      busyPoll: new BusyPoll(options.timers, options.busyPoll, monotonic),
    };
    this.housekeeping = options.timers.setInterval(() => this.keepHouse(), HOUSEKEEPING_MS);
  }

  /**
   * Starts a listener; may be called several times. Rejects with the system's error. The
   * file of a Unix socket that nobody answers on is replaced.
   */
  async listen(where: ListenOptions): Promise<Listener> {
    const carrier = 'path' in where ? 'unix' : 'gone';
    const listener = await this.options.network.listen(where, {
      accept: (socket) => this.accept(socket, carrier),
      // Out of descriptors, most likely: clients wait in the backlog, the server goes on.
      failed: (error, address) => this.options.log.error({ err: error, address }, 'listener error'),
      refused: (error, address) =>
        this.options.log.warn({ address, reason: error.message }, 'refused a TLS handshake'),
    });
    this.listeners.push(listener);
    // Closed while it was being opened: it goes the way of the others.
    if (this.closing) listener.server.close();
    return listener;
  }

  /** To be called when the data has been loaded: its log may have exchanged databases that clients have selected since they came. */
  loaded(): void {
    const { keyspaces } = this.options;
    for (const session of this.sessions) session.keyspace = keyspaces.at(session.database);
  }

  /** Asks those who sign in from now on for another password; `undefined` for none. */
  set password(password: string | undefined) {
    this.machinery.context.credentials.password = password;
  }

  /** What subscribers are told of keys: `notify-keyspace-events`. */
  set keyspaceEvents(flags: string) {
    this.machinery.context.keyspaceEvents.flags = flags;
  }

  /** What is measured and kept of commands from now on. */
  set diagnostics(diagnostics: Diagnostics) {
    this.machinery.context.timer.diagnostics = diagnostics;
  }

  /** Who the listeners with TLS are for clients that connect from now on, and whom they take. */
  set identity(identity: TlsIdentity) {
    for (const listener of this.listeners) listener.identify?.(identity);
  }

  /** Whether the next requests are waited for awake from now on. */
  set busyPoll(enabled: boolean) {
    this.machinery.busyPoll.enabled = enabled;
  }

  /** Where the server listens. */
  get addresses(): readonly string[] {
    return this.listeners.map(({ address }) => address);
  }

  /** The TCP port; the first, if there are several listeners. 0 while there is none. */
  get port(): number {
    return this.listeners.find(({ port }) => port !== undefined)?.port ?? 0;
  }

  /**
   * Stops accepting, answers what has arrived, and closes. Clients that do not take
   * their last replies within `drainMs` are cut off.
   */
  async close({ drainMs }: { readonly drainMs: number }): Promise<void> {
    const { timers } = this.options;
    this.closing = true;
    const closed = this.listeners.map(
      ({ server }) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const { cutOff } of this.listeners) cutOff();
    for (const connection of this.connections.keys()) connection.close();
    const timer = timers.setTimeout(() => {
      for (const connection of this.connections.keys()) connection.destroy();
    }, drainMs);
    // A socket that was taken over from its listener is nothing that one waits for.
    if (this.connections.size > 0)
      await new Promise<void>((resolve) => {
        this.deserted = resolve;
      });
    await Promise.all(closed);
    timers.clearTimeout(timer);
    timers.clearInterval(this.housekeeping);
  }

  private accept(socket: Socket, carrier: string): void {
    const { clock, keyspaces, limits, log } = this.options;
    this.statistics.connections++;
    const session = new Session({
      id: ++this.lastId,
      address: addressOf(socket.remoteAddress, socket.remotePort, carrier),
      localAddress: addressOf(socket.localAddress, socket.localPort, carrier),
      now: clock.now(),
      keyspace: keyspaces.at(0),
      authenticated: !this.machinery.context.credentials.required,
    });
    const connection = new Connection(socket, session, this.machinery, (gone) => this.forget(gone));
    this.connections.set(connection, new Watch(this.elapsedMs));
    if (this.sessions.size >= limits.connectionsMax) {
      this.statistics.rejectedConnections++;
      log.warn(
        { address: session.address, connectionsMax: limits.connectionsMax },
        'refused a client: maxclients reached',
      );
      connection.refuse('max number of clients reached');
      return;
    }
    this.sessions.add(session);
    log.debug({ client: session.id, address: session.address }, 'client connected');
  }

  private forget(connection: Connection): void {
    const { session } = connection;
    this.connections.delete(connection);
    this.sessions.delete(session);
    this.machinery.context.watchedKeys.forget(session);
    this.machinery.context.pubsub.forget(session);
    if (session.monitoring) this.machinery.context.monitors.forget(session);
    this.options.log.debug({ client: session.id }, 'client disconnected');
    if (this.connections.size === 0) this.deserted?.();
  }

  /** Enforces the limits in time; by the monotonic clock, which the interval counts. */
  private keepHouse(): void {
    const { statistics } = this;
    const { usedBytes } = this.options.keyspaces;
    statistics.peakBytes = Math.max(statistics.peakBytes, usedBytes + statistics.clientBytes);
    this.elapsedMs += HOUSEKEEPING_MS;
    statistics.second();
    for (const [connection, watch] of this.connections) {
      const { limits, log } = this.options;
      const reason = watch.overdue(connection.progress, this.elapsedMs, limits.idleMsMax);
      if (reason === undefined) continue;
      const { id, address } = connection.session;
      log.warn({ client: id, address, reason }, 'client cut off');
      connection.destroy();
    }
  }
}
