import type { LogEvent } from '@kv/persistence';
import type { Log } from '@kv/server';
import { inWholeMs } from './snapshot-log.ts';

/** Puts what the append-only log tells into the log that people read. */
export function logLogEvent(log: Log, event: LogEvent): void {
  switch (event.kind) {
    case 'tail-cut': {
      const { path, byteOffset, bytes } = event;
      log.warn(
        { path, byteOffset, bytes },
        'cut off what a crash had left of the last writes, which nobody was told were on disk',
      );
      break;
    }
    case 'stray-removed':
      log.warn({ file: event.fileName }, 'removed what an interrupted rewrite had left');
      break;
    case 'rewrite-started':
      log.info({ reason: event.reason }, 'rewriting the append-only log');
      break;
    case 'rewrite-finished':
      log.info({ reason: event.reason, ...inWholeMs(event.result) }, 'append-only log rewritten');
      break;
    case 'rewrite-aborted':
      log.info({ reason: event.reason }, 'rewrite of the append-only log given up');
      break;
    case 'rewrite-failed':
      log.error(
        { reason: event.reason, err: event.error },
        'rewrite of the append-only log failed; the log goes on as it was',
      );
      break;
    case 'write-failed':
      log.error(
        { err: event.error },
        'the append-only log could not be written: writes are refused until it can, which is tried every second. Make room on the disk',
      );
      break;
    case 'write-recovered':
      log.info({}, 'the append-only log can be written again: writes are accepted');
      break;
    case 'sync-failed':
      log.error(
        { err: event.error },
        'the append-only log could not be made durable: writes are refused from now on. Mend the disk, then BGREWRITEAOF writes everything anew from memory, or restart to go on from what is on disk',
      );
  }
}
