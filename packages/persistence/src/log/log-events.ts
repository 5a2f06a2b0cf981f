import type { SaveResult } from '../write-snapshot.ts';
import type { LogError } from './log-errors.ts';

/**
 * Why a rewrite was begun: by a call, because the log has grown, because there was no log yet, or because one
 * that was to make good a failure has failed.
 */
export type RewriteReason = 'asked' | 'growth' | 'begin' | 'failure';

/** What an `AppendLog` tells its owner, for logs and metrics. */
export type LogEvent =
  | {
      /** A crash had left half a record, which is gone now. */
      readonly kind: 'tail-cut';
      readonly path: string;
      readonly byteOffset: number;
      readonly bytes: number;
    }
  | { readonly kind: 'stray-removed'; readonly fileName: string }
  | { readonly kind: 'rewrite-started'; readonly reason: RewriteReason }
  | {
      readonly kind: 'rewrite-finished';
      readonly reason: RewriteReason;
      readonly result: SaveResult;
    }
  | { readonly kind: 'rewrite-failed'; readonly reason: RewriteReason; readonly error: LogError }
  | { readonly kind: 'rewrite-aborted'; readonly reason: RewriteReason }
  /** A write failed; nothing is promised until it succeeds, which is tried again and again. */
  | { readonly kind: 'write-failed'; readonly error: LogError }
  /** The writes that had failed have succeeded. */
  | { readonly kind: 'write-recovered' }
  /** An fsync failed; nothing is promised until a rewrite succeeds. */
  | { readonly kind: 'sync-failed'; readonly error: LogError };

export type LogEventListener = (event: LogEvent) => void;
