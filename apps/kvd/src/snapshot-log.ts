import type { SnapshotEvent } from '@kv/persistence';
import type { Log } from '@kv/server';

/** Puts what the snapshot keeper tells into the log. */
export function logSnapshotEvent(log: Log, event: SnapshotEvent): void {
  switch (event.kind) {
    case 'stray-removed':
      return log.warn({ file: event.fileName }, 'removed what an interrupted save had left');
    case 'save-started':
      return log.info({ reason: event.reason }, 'saving');
    case 'save-finished':
      return log.info({ reason: event.reason, ...event.result }, 'saved');
    case 'save-aborted':
      return log.info({ reason: event.reason }, 'save given up');
    case 'save-failed':
      return log.error(
        { reason: event.reason, err: event.error, retryDelayMs: event.retryDelayMs },
        'save failed; the snapshot on disk is still the one before',
      );
  }
}
