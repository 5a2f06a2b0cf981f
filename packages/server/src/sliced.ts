import type { ReplyWriter } from '@kv/protocol';
import { Parked, type Reply } from './parked.ts';
import type { Timers } from './ports.ts';
import type { Session } from './session.ts';

/**
 * Does long work slice by slice, so that no client waits for the whole of it but the one who asked.
 * `slice` answers whether it was the last; what the first does is answered at once.
 */
export function inSlices(
  timers: Timers,
  { executing }: Session,
  out: ReplyWriter,
  slice: () => boolean,
  reply: Reply,
): Parked | undefined {
  let isDone = slice();
  // Nothing comes between the commands of a transaction.
  while (executing && !isDone) isDone = slice();
  if (isDone) {
    reply(out);
    return undefined;
  }
  let cancelled = false;
  return new Parked(
    (resume) => {
      const next = () => {
        if (cancelled) return;
        if (slice()) resume(reply);
        else timers.setImmediate(next);
      };
      timers.setImmediate(next);
    },
    () => {
      cancelled = true;
    },
  );
}
