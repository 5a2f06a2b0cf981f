import type { ReplyWriter } from '@kv/protocol';
import type { ServerContext } from './handler.ts';
import { Parked, type Reply } from './parked.ts';
import type { Session } from './session.ts';

/**
 * Does long work slice by slice, so that no client waits for the whole of it but the one who asked.
 * `slice` answers whether it was the last; what the first does is answered at once.
 */
export function inSlices(
  { timers, timer }: Pick<ServerContext, 'timers' | 'timer'>,
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
  let workedMs = 0;
  const parked = new Parked(
    (resume) => {
      const next = () => {
        if (cancelled) return;
        const beganAt = timer.now();
        isDone = slice();
        workedMs += timer.now() - beganAt;
        if (!isDone) {
          timers.setImmediate(next);
          return;
        }
        parked.worked?.(workedMs);
        resume(reply);
      };
      timers.setImmediate(next);
    },
    () => {
      cancelled = true;
    },
  );
  parked.isSliced = true;
  return parked;
}
