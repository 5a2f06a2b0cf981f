import type { CommandGroup, NamesOfGroup, ReplyWriter, RequestBatch } from '@kv/protocol';
import type { CommandTimer } from './command-timer.ts';
import type { CredentialCheck } from './credentials.ts';
import type { KeyspaceEvents } from './keyspace-events.ts';
import type { LatencyMonitor } from './latency-monitor.ts';
import type { Monitors } from './monitors.ts';
import type { Parked } from './parked.ts';
import type { Pause } from './pause.ts';
import type {
  AppendOnlyLog,
  Clock,
  Configuration,
  Debugging,
  Keyspaces,
  Lifecycle,
  Limits,
  Log,
  Snapshots,
  Timers,
} from './ports.ts';
import type { PubSub } from './pubsub.ts';
import type { Session } from './session.ts';
import type { SlowLog } from './slow-log.ts';
import type { Statistics } from './statistics.ts';
import type { WatchedKeys } from './watched-keys.ts';

/**
 * Executes one request that the gate has let through: its arguments are
 * `request.at` to `request.at + request.size - 1`, and the table's checks hold.
 * Writes one reply, or returns a {@link Parked} one.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: handlers that answer at once return nothing
export type Handler = (request: RequestBatch, session: Session, out: ReplyWriter) => Parked | void;

/** One handler for each command of a group, no more and no fewer. */
export type Handlers<Group extends CommandGroup> = Readonly<Record<NamesOfGroup<Group>, Handler>>;

/** What handlers work with; one for a whole server. */
export interface ServerContext {
  readonly keyspaces: Keyspaces;
  readonly snapshots: Snapshots;
  readonly appendLog: AppendOnlyLog;
  readonly lifecycle: Lifecycle;
  readonly configuration: Configuration;
  readonly credentials: CredentialCheck;
  readonly limits: Limits;
  readonly pause: Pause;
  readonly watchedKeys: WatchedKeys;
  readonly pubsub: PubSub;
  readonly keyspaceEvents: KeyspaceEvents;
  readonly monitors: Monitors;
  readonly slowLog: SlowLog;
  readonly latency: LatencyMonitor;
  readonly timer: CommandTimer;
  readonly debugging: Debugging;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly statistics: Statistics;
  readonly version: string;
  /** The data is still being read from disk. */
  readonly loading: () => boolean;
  /** The clients connected now. */
  readonly sessions: ReadonlySet<Session>;
  /** Where the server listens, for INFO. */
  readonly listening: () => readonly string[];
}
