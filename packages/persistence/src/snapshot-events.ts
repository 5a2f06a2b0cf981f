import type { SnapshotError } from './errors.ts';
import type { SaveResult } from './write-snapshot.ts';

/** Why a save was begun. */
export type SaveReason = 'asked' | 'save-point' | 'closing';

/** What a `SnapshotKeeper` tells its owner, for logs and metrics. */
export type SnapshotEvent =
  | { readonly kind: 'stray-removed'; readonly fileName: string }
  | { readonly kind: 'save-started'; readonly reason: SaveReason }
  | { readonly kind: 'save-finished'; readonly reason: SaveReason; readonly result: SaveResult }
  | {
      readonly kind: 'save-failed';
      readonly reason: SaveReason;
      readonly error: SnapshotError;
      /** When an automatic save may come again; one comes only if a save point is met. */
      readonly retryDelayMs: number;
    }
  | { readonly kind: 'save-aborted'; readonly reason: SaveReason };

export type SnapshotEventListener = (event: SnapshotEvent) => void;
