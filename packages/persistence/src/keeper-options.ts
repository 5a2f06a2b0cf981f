import type { EntrySource } from './entry.ts';
import type { Environment } from './environment.ts';
import type { Exclusively } from './log/log-options.ts';
import type { SavePoint } from './save-points.ts';
import type { SnapshotEventListener } from './snapshot-events.ts';

export interface SnapshotKeeperOptions extends Partial<Environment> {
  /** Made, with its parents, if missing. */
  readonly directory: string;
  /** Name of the snapshot in the directory; no path. */
  readonly fileName: string;
  readonly source: EntrySource;
  /** When to save without being asked. Default: never. See `parseSavePoints`. */
  readonly savePoints?: readonly SavePoint[] | undefined;
  /** How long after a failed save an automatic one is tried again. Default 5000. */
  readonly retryDelayMs?: number | undefined;
  /** How long a save holds the event loop at a stretch, in milliseconds. Default 2. */
  readonly sliceMs?: number | undefined;
  /**
   * Lets one piece of work after the other freeze the source. Default: at once. Give this and an `AppendLog`
   * the same one where the source has one view at a time.
   */
  readonly exclusively?: Exclusively | undefined;
  /** Called synchronously for everything worth a line in a log; must not throw. */
  readonly onEvent?: SnapshotEventListener | undefined;
}

export interface CloseOptions {
  /**
   * What becomes of a running save, and whether there is a last one. `wait` (default) lets it finish,
   * `abort` stops it, `save` stops it and saves what there is now.
   */
  readonly running?: 'wait' | 'abort' | 'save' | undefined;
}
