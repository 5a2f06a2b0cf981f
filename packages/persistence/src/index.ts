export { ensureDirectory } from './directory.ts';
export type {
  EntryBatch,
  EntrySink,
  EntrySource,
  EntryTarget,
  FrozenView,
  SnapshotEntry,
} from './entry.ts';
export type { Clock, Environment, Timers } from './environment.ts';
export {
  type Damage,
  SnapshotDamagedError,
  SnapshotError,
  type SnapshotErrorCode,
  type SnapshotErrorDetails,
} from './errors.ts';
export type { FileSystem, OpenFile } from './file-system.ts';
export type { CloseOptions, SnapshotKeeperOptions } from './keeper-options.ts';
export {
  BLOCK_PAYLOAD_BYTES_MAX,
  DATABASE_MAX,
  DEADLINE_MAX,
  KEY_BYTES_MAX,
  VALUE_BYTES_MAX,
} from './limits.ts';
export { AppendLog } from './log/append-log.ts';
export type { EffectBuffer } from './log/effect-buffer.ts';
export type { EffectSink } from './log/effect-sink.ts';
export {
  type LogDamage,
  LogDamagedError,
  LogError,
  type LogErrorCode,
  type LogErrorDetails,
} from './log/log-errors.ts';
export type { LogEvent, LogEventListener, RewriteReason } from './log/log-events.ts';
export {
  LOG_RECORD_BYTES_MAX,
  LOG_RECORD_SPLIT_BYTES,
  LOG_SEGMENT_NUMBER_MAX,
} from './log/log-limits.ts';
export type { AppendLogOptions, Exclusively, RewriteThreshold } from './log/log-options.ts';
export type { FsyncPolicy } from './log/log-sync.ts';
export type { Released } from './log/log-waiters.ts';
export {
  type LogLoadProgress,
  type LogLoadResult,
  type LogPart,
  type LogTail,
  type ReadLogOptions,
  readLog,
} from './log/read-log.ts';
export { verifyLog } from './log/verify-log.ts';
export {
  type LoggableStore,
  LoggedStore,
  type OpenLoggedStoreOptions,
  openLoggedStore,
} from './logged-store.ts';
export { nodeFileSystem } from './node-file-system.ts';
export {
  type OpenSnapshotsOptions,
  openSnapshots,
  type Snapshots,
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
export type { SnapshotHeader } from './snapshot-header.ts';
export { SnapshotKeeper } from './snapshot-keeper.ts';
export type { SaveProgress } from './snapshot-writer.ts';
export type { SnapshotStore, ValueCodec } from './store-entries.ts';
export {
  diffEntries,
  type EntryDifference,
  type EntryField,
  type EntryLookup,
} from './tools/diff-entries.ts';
export {
  base64,
  type EntryNotation,
  type EntryValue,
  entryLine,
  fromBase64,
  type LineFields,
  plainNotation,
  type ReadLinesOptions,
  readBytes,
  readEntryLines,
  writeBytes,
} from './tools/entry-lines.ts';
export {
  type EntriesSummary,
  type KindSummary,
  type LargeEntry,
  type SummaryOptions,
  SummarySink,
  type TtlClass,
} from './tools/summary.ts';
export { type SaveResult, type WriteSnapshotOptions, writeSnapshot } from './write-snapshot.ts';
