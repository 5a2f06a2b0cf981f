import type { EntrySource } from '../entry.ts';
import type { Environment } from '../environment.ts';
import type { LogEventListener } from './log-events.ts';
import type { FsyncPolicy } from './log-sync.ts';

/** When a log is rewritten without being asked: Redis's `auto-aof-rewrite-percentage` and `-min-size`. */
export interface RewriteThreshold {
  /** By how much the log has grown beyond its base, in percent of it; 0 is never. */
  readonly percentage: number;
  /** A smaller log is never rewritten. */
  readonly minBytes: number;
}

export interface AppendLogOptions extends Partial<Environment> {
  /** The log's own; made, with its parents, if missing. */
  readonly directory: string;
  /** What a rewrite writes anew. It is frozen at the moment from which on effects go to the next segment. */
  readonly source: EntrySource;
  /** Default `everysec`. */
  readonly fsync?: FsyncPolicy | undefined;
  /** Default 100% and 64 MiB. */
  readonly rewriteAt?: RewriteThreshold | undefined;
  /** How long a rewrite holds the event loop at a stretch, in milliseconds. Default 2. */
  readonly sliceMs?: number | undefined;
  /**
   * Lets one piece of work after the other freeze the source. Default: at once. Give this and the keeper of
   * snapshots the same one where the source has one view at a time.
   */
  readonly exclusively?: Exclusively | undefined;
  /** Called synchronously for everything worth a line in a log; must not throw. */
  readonly onEvent?: LogEventListener | undefined;
}

/** Runs work, when no other is running. */
export type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;
