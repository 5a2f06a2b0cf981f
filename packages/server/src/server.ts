import type { Socket } from 'node:net';
import { FrameReader, RequestBatch } from '@kv/protocol';
import { Connection, type Machinery } from './connection.ts';
import { CredentialCheck } from './credentials.ts';
import { Dispatcher } from './dispatch.ts';
import type { ServerContext } from './handler.ts';
import { HANDSHAKE_MS_MAX, HOUSEKEEPING_MS, OUTPUT_STALL_MS_MAX } from './limits.ts';
import { formatAddress, type Listener, type ListenOptions, listen } from './listen.ts';
import type {
  Clock,
  Configuration,
  Keyspaces,
  Lifecycle,
  Log,
  Snapshots,
  Timers,
} from './ports.ts';
import { Session } from './session.ts';
import { Statistics } from './statistics.ts';

/** What a server is made of; there are no defaults, the assembly decides. */
export interface KvServerOptions {
  readonly version: string;
  readonly keyspaces: Keyspaces;
  readonly snapshots: Snapshots;
  readonly lifecycle: Lifecycle;
  readonly configuration: Configuration;
  /** Whether the data is still being read from disk; most commands are refused meanwhile. */
  readonly loading: () => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** `undefined`: nobody has to sign in. */
  readonly password: string | undefined;
  /** More clients than this are refused with an error. */
  readonly connectionsMax: number;
  /** Clients that send nothing for so long are disconnected; 0 is never. */
  readonly idleMsMax: number;
}

/** How often a blocked client was seen to have taken nothing more. */
interface Stall {
  taken: number;
  sinceMs: number;
}

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
  private readonly connections = new Map<Session, Connection>();
  private readonly stalls = new Map<Connection, Stall>();
  private readonly sessions = new Set<Session>();
  private readonly housekeeping: unknown;
  private lastId = 0;
  private elapsedMs = 0;
  private readonly openedMs = new Map<Session, number>();

  constructor(options: KvServerOptions) {
    this.options = options;
    this.statistics = new Statistics(options.clock.now());
    const context: ServerContext = {
      ...options,
      credentials: new CredentialCheck(options.password),
      statistics: this.statistics,
      sessions: this.sessions,
      listening: () => this.listeners.map(({ address }) => address),
    };
    this.machinery = {
      context,
      dispatcher: new Dispatcher(context),
      reader: new FrameReader(),
      batch: new RequestBatch(),
    };
    this.housekeeping = options.timers.setInterval(() => this.keepHouse(), HOUSEKEEPING_MS);
  }

  /** Starts a listener; may be called several times. Rejects with the system's error. */
  async listen(where: ListenOptions): Promise<Listener> {
    const listener = await listen(where, (socket) => this.accept(socket));
    this.listeners.push(listener);
    listener.server.on('error', (error) => {
      this.options.log.error({ err: error, address: listener.address }, 'listener error');
    });
    return listener;
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
    const closed = this.listeners.map(
      ({ server }) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const connection of [...this.connections.values()]) connection.close();
    const timer = timers.setTimeout(() => {
      for (const connection of [...this.connections.values()]) connection.destroy();
    }, drainMs);
    await Promise.all(closed);
    timers.clearTimeout(timer);
    timers.clearInterval(this.housekeeping);
  }

  private accept(socket: Socket): void {
    const { clock, keyspaces, connectionsMax, log } = this.options;
    this.statistics.connections++;
    const session = new Session({
      id: ++this.lastId,
      address: addressOf(socket.remoteAddress, socket.remotePort),
      localAddress: addressOf(socket.localAddress, socket.localPort),
      now: clock.now(),
      keyspace: keyspaces.at(0),
      authenticated: !this.machinery.context.credentials.required,
    });
    const connection = new Connection(socket, session, this.machinery);
    socket.on('close', () => this.forget(session, connection));
    this.connections.set(session, connection);
    this.openedMs.set(session, this.elapsedMs);
    if (this.sessions.size >= connectionsMax) {
      this.statistics.rejectedConnections++;
      log.warn(
        { address: session.address, connectionsMax },
        'refused a client: maxclients reached',
      );
      connection.refuse('max number of clients reached');
      return;
    }
    this.sessions.add(session);
    log.debug({ client: session.id, address: session.address }, 'client connected');
  }

  private forget(session: Session, connection: Connection): void {
    this.connections.delete(session);
    this.sessions.delete(session);
    this.stalls.delete(connection);
    this.openedMs.delete(session);
    this.options.log.debug({ client: session.id }, 'client disconnected');
  }

  /** Enforces the limits in time; by the monotonic clock, which the interval counts. */
  private keepHouse(): void {
    this.elapsedMs += HOUSEKEEPING_MS;
    const now = this.options.clock.now();
    for (const [session, connection] of [...this.connections]) {
      const reason = this.overdue(session, connection, now);
      if (reason === undefined) continue;
      this.options.log.warn(
        { client: session.id, address: session.address, reason },
        'client cut off',
      );
      connection.destroy();
    }
  }

  private overdue(session: Session, connection: Connection, now: number): string | undefined {
    const openMs = this.elapsedMs - (this.openedMs.get(session) as number);
    if (!session.trusted && openMs > HANDSHAKE_MS_MAX)
      return `no handshake within ${HANDSHAKE_MS_MAX} ms`;
    if (this.stalled(connection)) return `replies not read for ${OUTPUT_STALL_MS_MAX} ms`;
    const { idleMsMax } = this.options;
    if (idleMsMax > 0 && now - session.lastActiveAt > idleMsMax) return `idle for ${idleMsMax} ms`;
    return undefined;
  }

  /** Whether replies wait for a client that has taken none of them for too long. */
  private stalled(connection: Connection): boolean {
    const { bytes, taken } = connection.waiting;
    if (bytes === 0) {
      this.stalls.delete(connection);
      return false;
    }
    const stall = this.stalls.get(connection);
    if (stall === undefined || stall.taken !== taken) {
      this.stalls.set(connection, { taken, sinceMs: this.elapsedMs });
      return false;
    }
    return this.elapsedMs - stall.sinceMs >= OUTPUT_STALL_MS_MAX;
  }
}

function addressOf(host: string | undefined, port: number | undefined): string {
  return host === undefined ? 'unix' : formatAddress(host, port ?? 0);
}
