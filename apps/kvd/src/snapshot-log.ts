import type { SnapshotEvent } from '@kv/persistence';
import type { Log } from '@kv/server';

/** Puts what the snapshot keeper tells into the log. */
export function logSnapshotEvent(log: Log, event: SnapshotEvent): void {
  switch (event.kind) {
    case 'stray-removed':
      log.warn({ file: event.fileName }, 'removed what an interrupted save had left');
      break;
    case 'save-started':
      log.info({ reason: event.reason }, 'saving');
      break;
    case 'save-finished':
      log.info({ reason: event.reason, ...inWholeMs(event.result) }, 'saved');
      break;
    case 'save-aborted':
      log.info({ reason: event.reason }, 'save given up');
      break;
    case 'save-failed':
      log.error(
        { reason: event.reason, err: event.error, retryDelayMs: event.retryDelayMs },
        'save failed; the snapshot on disk is still the one before',
      );
  }
}

/** A duration as people read it. */
export function inWholeMs<Result extends { readonly durationMs: number }>(result: Result): Result {
  return { ...result, durationMs: Math.round(result.durationMs) };
}
