export { matchesGlob } from './glob.ts';
export { keyspaceEventFlags } from './keyspace-events.ts';
export type { ListenEvents, Listener, ListenOptions } from './listen.ts';
export { type Network, systemNetwork } from './network.ts';
export type { ReadTarget } from './own-socket.ts';
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
