import type { EffectSink } from './effect-sink.ts';
import { type LogLoadResult, type ReadLogOptions, readLog } from './read-log.ts';

const nothing: EffectSink = {
  restore() {},
  restoreDeadline() {},
  restoreRemoval() {},
  restoreFlush() {},
  restoreSwap() {},
};

/**
 * Reads all of a log, checks everything that {@link readLog} checks, and says what is in it; `undefined` when
 * there is none. A torn tail is no damage: `tail.tornBytes` says how much of it there is.
 *
 * @throws as {@link readLog}
 */
export function verifyLog(
  directory: string,
  options: ReadLogOptions = {},
): Promise<LogLoadResult | undefined> {
  return readLog(directory, nothing, options);
}
