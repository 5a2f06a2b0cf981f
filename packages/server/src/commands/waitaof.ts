import { errorReply } from '@kv/protocol';
import type { Handler, ServerContext } from '../handler.ts';
import { Parked, type Reply } from '../parked.ts';

const OUT_OF_RANGE = errorReply('value is out of range, must be positive');
const LOCAL_MAX = errorReply('numlocal is 0 or 1: there is one log');
const NO_LOG = errorReply(
  'WAITAOF cannot be used when numlocal is set but appendonly is disabled.',
);
const TIMEOUT_RANGE = errorReply('timeout is out of range');
/** What a timer can wait, in milliseconds: over 24 days. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** WAITAOF: parks the client until all that has been executed is on disk, or the time is up. */
export function waitaof({ appendLog, timers }: ServerContext): Handler {
  return (request, _session, out) => {
    const [local, replicas, timeout] = [0, 1, 2].map((i) =>
      Number(request.text(request.at + i)),
    ) as [number, number, number];
    if (local < 0 || replicas < 0) return out.error(OUT_OF_RANGE);
    if (local > 1) return out.error(LOCAL_MAX);
    if (timeout < 0 || timeout > TIMEOUT_MS_MAX) return out.error(TIMEOUT_RANGE);
    const canBeDurable = appendLog.enabled && !appendLog.ending;
    if (local > 0 && !canBeDurable) return out.error(NO_LOG);
    let durable = false;
    let timer: unknown;
    const parked = new Parked(start, () => timers.clearTimeout(timer), true);
    function start(resume: (reply: Reply) => void): void {
      const done = (): void => {
        timers.clearTimeout(timer);
        resume((later) => {
          later.array(2);
          later.integer(durable ? 1 : 0);
          later.integer(0);
        });
      };
      parked.expire = done;
      // Before the log is asked, which may answer at once.
      if (timeout > 0) timer = timers.setTimeout(done, timeout);
      const looked = (safe: boolean): void => {
        durable = safe;
        // There are none: whoever asks for some waits as long as it has said.
        if (replicas === 0) done();
      };
      if (canBeDurable) appendLog.whenDurable(looked);
      else looked(false);
    }
    return parked;
  };
}
