export { matchesGlob } from './glob.ts';
export { keyspaceEventFlags } from './keyspace-events.ts';
export type { Listener, ListenOptions } from './listen.ts';
export type {
  AppendOnlyLog,
  ByteRanges,
  Clock,
  Configuration,
  Debugging,
  Diagnostics,
  Keyspace,
  KeyspaceObserver,
  Keyspaces,
  Lifecycle,
  Log,
  Snapshots,
  Timers,
} from './ports.ts';
export type { TlsIdentity } from './secure-server.ts';
export { KvServer, type KvServerOptions } from './server.ts';
