export type { Clock } from './clock.ts';
export { KvStoreError, type KvStoreErrorCode } from './errors.ts';
export type { EvictionPolicy } from './eviction-map.ts';
export {
  ExpiringKeyValueStore,
  type ExpiringKeyValueStoreOptions,
} from './expiring-key-value-store.ts';
export type { ExpiringStore, SetOptions } from './expiring-store.ts';
export { InMemoryKeyValueStore } from './in-memory-key-value-store.ts';
export type { KeyValueStore } from './key-value-store.ts';
export { type Sweeping, type SweepingOptions, startSweeping, type Timers } from './sweeping.ts';
