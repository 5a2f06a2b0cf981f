import { SnapshotError, type SnapshotKeeper } from '@kv/persistence';
import type { Snapshots } from '@kv/server';

/** The server's view of a snapshot keeper. */
export function keptSnapshots(keeper: SnapshotKeeper): Snapshots {
  return {
    get saving() {
      return keeper.saving;
    },
    get lastSaveAt() {
      return keeper.lastSaveAt;
    },
    get lastSaveOk() {
      return keeper.lastSaveOk;
    },
    get lastSaveError() {
      return keeper.lastError?.message;
    },
    get lastSaveDurationMs() {
      return keeper.lastDurationMs ?? 0;
    },
    get savedEntries() {
      return keeper.progress?.entries ?? 0;
    },
    get changes() {
      return keeper.dirty;
    },
    save: () => keeper.save(),
    flushed: () => keeper.invalidate(),
  };
}

/** For a server that keeps nothing: tests, and caches that may be lost. */
export function noSnapshots(startedAt: number): Snapshots & { changed(): void } {
  let changes = 0;
  return {
    saving: false,
    lastSaveAt: Math.floor(startedAt / 1000),
    lastSaveOk: true,
    lastSaveError: undefined,
    lastSaveDurationMs: 0,
    savedEntries: 0,
    get changes() {
      return changes;
    },
    save: async () => {
      throw new SnapshotError('SNAPSHOT_WRITE_FAILED', 'this server has no data directory');
    },
    flushed: () => {
      changes++;
    },
    changed: () => {
      changes++;
    },
  };
}
