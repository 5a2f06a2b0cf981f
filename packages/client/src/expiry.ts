import type { Call } from './call.ts';
import type { ClientTimers } from './options.ts';

/** A look at so many calls takes well under a hundredth of a millisecond: 1 % of the time at most. */
const VISITS_PER_MS = 1000;

/**
 * Calls time out by one timer, however many there are. It waits for the earliest,
 * then looks at all of them; with a long queue it looks less often, so that a call
 * may end late by a thousandth of the queue's length in milliseconds.
 */
export class Expiry {
  private readonly timers: ClientTimers;
  private readonly forEachCall: (visit: (call: Call) => void) => void;
  private readonly expire: (call: Call, now: number) => void;
  private timer: unknown;
  /** When the timer goes off; Infinity is never. */
  private at = Number.POSITIVE_INFINITY;
  /** Before this the calls are not looked at again. */
  private restUntil = 0;

  constructor(
    timers: ClientTimers,
    forEachCall: (visit: (call: Call) => void) => void,
    expire: (call: Call, now: number) => void,
  ) {
    this.timers = timers;
    this.forEachCall = forEachCall;
    this.expire = expire;
  }

  /** There is a call that expires at this time; 0 is never. */
  watch(expiresAt: number, now: number): void {
    if (expiresAt === 0) return;
    const at = Math.max(expiresAt, this.restUntil);
    if (at >= this.at) return;
    this.stop();
    this.at = at;
    this.timer = this.timers.setTimeout(() => this.look(), Math.max(1, Math.ceil(at - now)));
  }

  /** Stops the timer. */
  stop(): void {
    if (this.timer === undefined) return;
    this.timers.clearTimeout(this.timer);
    this.timer = undefined;
    this.at = Number.POSITIVE_INFINITY;
  }

  /** Expires what is due, and waits for the next. */
  look(): void {
    this.stop();
    const now = this.timers.now();
    let next = Number.POSITIVE_INFINITY;
    let visits = 0;
    const expired: Call[] = [];
    this.forEachCall((call) => {
      visits++;
      if (call.settled) return;
      if (call.isExpired(now)) expired.push(call);
      else if (call.expiresAt !== 0 && call.expiresAt < next) next = call.expiresAt;
    });
    for (const call of expired) this.expire(call, now);
    this.restUntil = now + visits / VISITS_PER_MS;
    if (next !== Number.POSITIVE_INFINITY) this.watch(next, now);
  }
}
