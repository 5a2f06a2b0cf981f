import type { LogLoadProgress, SnapshotKeeper } from '@kv/persistence';
import type { Clock, Log } from '@kv/server';
import type { Engine } from './engine.ts';
import type { KeptLog } from './kept-log.ts';
import type { Progress } from './progress.ts';
import type { ReadyMemory } from './ready-memory.ts';
import { loadSnapshot } from './snapshots.ts';

/** Where the data comes from, and where it goes. */
export interface DataSources {
  readonly engine: Engine;
  readonly memory: ReadyMemory;
  readonly keeper: SnapshotKeeper;
  readonly appendLog: KeptLog;
  /** Whether a log is to be kept from now on. */
  readonly appendonly: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/**
 * Brings the data back: from the log where there is one, whatever the options say, because it is never older
 * than the snapshot; else from the snapshot. Then a log is begun (with a base of the snapshot, never empty),
 * or, when none is to be kept any more, a snapshot of all that it held takes its place.
 *
 * False: `signal` stopped it, somewhere in the middle.
 */
export async function loadData(sources: DataSources, signal: AbortSignal): Promise<boolean> {
  const { engine, memory, keeper, appendLog, appendonly, clock, log } = sources;
  engine.restoring = true;
  try {
    if (!(await restore(sources, signal))) return false;
  } finally {
    engine.restoring = false;
    engine.now = clock.now();
    await memory.end();
  }
  if (appendonly) await appendLog.begin();
  else if (appendLog.exists) {
    log.info({}, 'appendonly is no: a snapshot takes the place of the append-only log');
    await appendLog.end(() => keeper.save());
  }
  return true;
}

async function restore(
  { engine, memory, keeper, appendLog, log, onProgress }: DataSources,
  signal: AbortSignal,
): Promise<boolean> {
  const report = ({ entries, bytes, bytesTotal }: LogLoadProgress) => {
    // As a rule entries take about as much memory as they take on disk.
    memory.expects(bytesTotal);
    onProgress?.({ entries, fraction: bytes / Math.max(1, bytesTotal) });
  };
  if (!appendLog.exists) return await loadSnapshot(keeper, engine, signal, log, report);
  try {
    await appendLog.load((progress) => {
      signal.throwIfAborted();
      report(progress);
    });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
