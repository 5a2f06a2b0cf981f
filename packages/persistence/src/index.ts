export { ensureDirectory } from './directory.ts';
export type { EntrySink, EntrySource, FrozenView, SnapshotEntry } from './entry.ts';
export type { Clock, SnapshotEnvironment, Timers } from './environment.ts';
export {
  type Damage,
  SnapshotDamagedError,
  SnapshotError,
  type SnapshotErrorCode,
  type SnapshotErrorDetails,
} from './errors.ts';
export type { SnapshotFile, SnapshotFileSystem } from './file-system.ts';
export type { CloseOptions, SnapshotKeeperOptions } from './keeper-options.ts';
export {
  BLOCK_PAYLOAD_BYTES_MAX,
  DATABASE_MAX,
  DEADLINE_MAX,
  KEY_BYTES_MAX,
  VALUE_BYTES_MAX,
} from './limits.ts';
export { nodeFileSystem } from './node-file-system.ts';
export {
  type OpenSnapshotsOptions,
  openSnapshots,
  type SnapshotStore,
  type Snapshots,
  type ValueCodec,
} from './open-snapshots.ts';
export {
  type LoadProgress,
  type LoadResult,
  type ReadSnapshotOptions,
  readSnapshot,
  type SnapshotReport,
  type VerifySnapshotOptions,
  verifySnapshot,
} from './read-snapshot.ts';
export { formatSavePoints, parseSavePoints, type SavePoint } from './save-points.ts';
export type { SaveReason, SnapshotEvent, SnapshotEventListener } from './snapshot-events.ts';
export { SnapshotKeeper } from './snapshot-keeper.ts';
export type { SnapshotHeader } from './snapshot-reader.ts';
export type { SaveProgress } from './snapshot-writer.ts';
export { type SaveResult, type WriteSnapshotOptions, writeSnapshot } from './write-snapshot.ts';
