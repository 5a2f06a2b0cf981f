import {
  type Environment,
  type Exclusively,
  type LoadProgress,
  type SavePoint,
  SnapshotError,
  SnapshotKeeper,
} from '@kv/persistence';
import type { Log, Snapshots } from '@kv/server';
import type { Engine } from './engine.ts';
import type { Progress } from './progress.ts';
import { inWholeMs, logSnapshotEvent } from './snapshot-log.ts';

/** Where and when snapshots are saved. */
export interface KeeperOptions {
  readonly directory: string;
  readonly environment: Partial<Environment>;
  readonly fileName: string;
  readonly savePoints: readonly SavePoint[];
  readonly exclusively: Exclusively;
  readonly log: Log;
  readonly onSaveEnd: (() => void) | undefined;
}

/** Opens the keeper of an engine's snapshots; what it tells goes to the log. */
export function openKeeper(
  engine: Engine,
  { environment, log, onSaveEnd, ...options }: KeeperOptions,
): Promise<SnapshotKeeper> {
  return SnapshotKeeper.open({
    ...environment,
    ...options,
    source: engine,
    onEvent: (event) => {
      if (event.kind !== 'save-started') onSaveEnd?.();
      logSnapshotEvent(log, event);
    },
  });
}

/** Loads the snapshot into the engine. False: `signal` stopped it, somewhere in the middle. */
export async function loadSnapshot(
  keeper: SnapshotKeeper,
  engine: Engine,
  signal: AbortSignal,
  log: Log,
  onProgress: (progress: LoadProgress) => void,
): Promise<boolean> {
  try {
    const loaded = await keeper.load(engine, {
      onProgress: (progress) => {
        signal.throwIfAborted();
        onProgress(progress);
      },
    });
    if (loaded === undefined) log.info({ path: keeper.path }, 'no snapshot yet: starting empty');
    else log.info({ path: keeper.path, ...inWholeMs(loaded) }, 'snapshot loaded');
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

/** How far a running save has come; `undefined` when none runs. */
export function saveProgress(keeper: SnapshotKeeper): Progress | undefined {
  const { progress } = keeper;
  if (progress === undefined) return undefined;
  const { entries, entriesExpected } = progress;
  return { entries, fraction: entries / Math.max(1, entriesExpected) };
}

/** The server's view of a snapshot keeper. Every write asks it for `failure`, and of an object with accessors V8 makes a dictionary. */
export class KeptSnapshots implements Snapshots {
  private readonly keeper: SnapshotKeeper;
  private readonly refusesWrites: () => boolean;

  /** @param refusesWrites - whether nothing more is to be written after a save that failed, where saves are due by themselves */
  constructor(keeper: SnapshotKeeper, refusesWrites: () => boolean) {
    this.keeper = keeper;
    this.refusesWrites = refusesWrites;
  }

  get saving(): boolean {
    return this.keeper.saving;
  }

  get lastSaveAt(): number {
    return this.keeper.lastSaveAt;
  }

  get lastSaveOk(): boolean {
    return this.keeper.lastSaveOk;
  }

  get lastSaveError(): string | undefined {
    return this.keeper.lastError?.message;
  }

  get lastSaveDurationMs(): number {
    return this.keeper.lastDurationMs ?? 0;
  }

  get failure(): string | undefined {
    const { keeper } = this;
    if (keeper.lastSaveOk || keeper.savePoints.length === 0 || !this.refusesWrites())
      return undefined;
    return keeper.lastError?.message;
  }

  get savedEntries(): number {
    return this.keeper.progress?.entries ?? 0;
  }

  get changes(): number {
    return this.keeper.dirty;
  }

  save(): Promise<unknown> {
    return this.keeper.save();
  }

  flushed(): void {
    this.keeper.invalidate();
  }
}

/** For a server that keeps nothing: tests, and caches that may be lost. It counts changes all the same. */
export function noSnapshots(startedAt: number): Snapshots & { changed(): void } {
  let changes = 0;
  const changed = () => {
    changes++;
  };
  return {
    saving: false,
    lastSaveAt: Math.floor(startedAt / 1000),
    lastSaveOk: true,
    lastSaveError: undefined,
    lastSaveDurationMs: 0,
    failure: undefined,
    savedEntries: 0,
    get changes() {
      return changes;
    },
    save: async () => {
      throw new SnapshotError('SNAPSHOT_WRITE_FAILED', 'this server has no data directory');
    },
    flushed: changed,
    changed,
  };
}
