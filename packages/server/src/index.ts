export { matchesGlob } from './glob.ts';
export type { Listener, ListenOptions } from './listen.ts';
export type {
  AppendOnlyLog,
  ByteRanges,
  Clock,
  Configuration,
  Keyspace,
  Keyspaces,
  Lifecycle,
  Log,
  Snapshots,
  Timers,
} from './ports.ts';
export { KvServer, type KvServerOptions } from './server.ts';
