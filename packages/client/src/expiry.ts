import type { Call } from './call.ts';
import type { ClientTimers } from './options.ts';

/** Calls time out by one timer, however many there are: it waits for the earliest. */
export class Expiry {
  private readonly timers: ClientTimers;
  private readonly calls: () => Iterable<Call>;
  private readonly expire: (call: Call) => void;
  private timer: unknown;
  private at = Number.POSITIVE_INFINITY;

  constructor(timers: ClientTimers, calls: () => Iterable<Call>, expire: (call: Call) => void) {
    this.timers = timers;
    this.calls = calls;
    this.expire = expire;
  }

  /** A call was made that expires at this time. */
  watch(expiresAt: number): void {
    if (expiresAt >= this.at) return;
    this.stop();
    this.at = expiresAt;
    const ms = Math.max(1, Math.ceil(expiresAt - this.timers.now()));
    this.timer = this.timers.setTimeout(() => this.look(), ms);
  }

  /** Stops the timer. */
  stop(): void {
    this.timers.clearTimeout(this.timer);
    this.timer = undefined;
    this.at = Number.POSITIVE_INFINITY;
  }

  /** Expires what is due, and waits for the next. */
  private look(): void {
    this.stop();
    const now = this.timers.now();
    let next = Number.POSITIVE_INFINITY;
    for (const call of [...this.calls()]) {
      if (call.settled) continue;
      if (call.expiresAt <= now) this.expire(call);
      else next = Math.min(next, call.expiresAt);
    }
    if (next !== Number.POSITIVE_INFINITY) this.watch(next);
  }
}
