import { type ErrorReply, errorReply } from '@kv/protocol';

/** A request asks to be made durable, and nothing is. */
export const NO_LOG = errorReply(
  'nothing is made durable without a log: set appendonly to yes',
  'NOLOG',
);

/** What can't be logged is not written; `failure` is what the system says. */
export function logFailed(failure: string): ErrorReply {
  return errorReply(`Errors writing to the AOF file: ${failure}`, 'MISCONF');
}

/** What could not be saved is not added to; `failure` is why the last save failed. */
export function saveFailed(failure: string): ErrorReply {
  return errorReply(
    `the last save failed: ${failure}. Writes are refused until one succeeds, or stop-writes-on-bgsave-error is no`,
    'MISCONF',
  );
}
