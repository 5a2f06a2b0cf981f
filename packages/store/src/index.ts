export type { Structure } from './bytes/beside.ts';
export type { BulkLoad, EntryColumns } from './bytes/bulk-load.ts';
export type { ByteDatabase } from './bytes/byte-database.ts';
export {
  ByteKeyValueStore,
  type ByteKeyValueStoreOptions,
  type ValueCodec,
} from './bytes/byte-key-value-store.ts';
export { type ByteRanges, type KeyBatch, OneRange } from './bytes/byte-ranges.ts';
export { ByteStore, type ByteStoreOptions } from './bytes/byte-store.ts';
export { ByteStoreError, type ByteStoreErrorCode } from './bytes/byte-store-error.ts';
export { type ByteEvictionPolicy, EVICTION_POLICIES } from './bytes/evictor.ts';
export type { FrozenBytes } from './bytes/frozen-bytes.ts';
export type { FrozenEntry, FrozenTarget } from './bytes/frozen-record.ts';
export type { Journal, Removal } from './bytes/journal.ts';
export { byteKeys, type KeyKind, stringKeys } from './bytes/key-kind.ts';
export { type Allocate, REGION_BYTES } from './bytes/memory.ts';
export type { BackgroundJob } from './bytes/pauses.ts';
export type { Clock } from './clock.ts';
export { KvStoreError, type KvStoreErrorCode } from './errors.ts';
export type { EvictionPolicy } from './eviction-order.ts';
export { ExpiringKeyValueStore } from './expiring-key-value-store.ts';
export type { ExpiringKeyValueStoreOptions } from './expiring-options.ts';
export type { ExpiringStore, SetOptions } from './expiring-store.ts';
export { InMemoryKeyValueStore } from './in-memory-key-value-store.ts';
export type { KeyValueStore } from './key-value-store.ts';
export { type Sweeping, type SweepingOptions, startSweeping, type Timers } from './sweeping.ts';
