import type { Dialect } from './dialect.ts';
import type { Parked, Reply } from './parked.ts';
import type { Held, Pause } from './pause.ts';

/**
 * What keeps a connection from executing its next request: a reply that is parked, one
 * that has come and is not written yet, or CLIENT PAUSE.
 */
export class Suspension implements Held {
  private readonly pause: Pause;
  private readonly wake: () => void;
  private parked: Parked | undefined;
  /** The reply of what was parked, or a refusal, to be written in the next turn. */
  private late: Reply | undefined;
  /** The reply to come is not to be sent: CLIENT REPLY. */
  private mutes = false;
  private held = false;

  /** @param wake - called when there is something to do again */
  constructor(pause: Pause, wake: () => void) {
    this.pause = pause;
    this.wake = wake;
  }

  get active(): boolean {
    return this.parked !== undefined || this.late !== undefined || this.held;
  }

  /** What is parked may be ended before its time. */
  get isBlocked(): boolean {
    return this.parked?.expire !== undefined;
  }

  get isParked(): boolean {
    return this.parked !== undefined;
  }

  /** Holds back everything behind a reply that comes later. */
  park(parked: Parked, mutes: boolean): void {
    this.parked = parked;
    this.mutes = mutes;
    parked.start((reply) => {
      if (this.parked !== parked) return;
      this.parked = undefined;
      this.answer(reply);
    });
  }

  /** Gives up what is parked if that may be. False: it may not, or nothing is. */
  abandon(): boolean {
    if (!this.parked?.abandonable) return false;
    this.parked = undefined;
    return true;
  }

  /** Ends what a client waits for, with what there is or with `reply`. False: it waits for nothing. */
  unblock(reply: Reply | undefined): boolean {
    const { parked } = this;
    if (parked?.expire === undefined) return false;
    if (reply === undefined) parked.expire();
    else {
      this.parked = undefined;
      parked.cancel?.();
      this.answer(reply);
    }
    return true;
  }

  /** A reply has come, whatever is executed. */
  answer(reply: Reply): void {
    this.late = reply;
    this.wake();
  }

  /** Writes the reply that has come, if there is one. */
  writeLate(out: Dialect['out']): void {
    const { late, mutes } = this;
    if (late === undefined) return;
    this.late = undefined;
    this.mutes = false;
    out.begin();
    late(out);
    if (mutes) out.cancel();
    else out.end();
  }

  /** Whether CLIENT PAUSE holds a command with these flags; if so, until that ends. */
  holds(flags: readonly string[]): boolean {
    if (!this.pause.holds(flags)) return false;
    this.held = true;
    this.pause.hold(this);
    return true;
  }

  /** {@link Held} */
  released(): void {
    this.held = false;
    this.wake();
  }

  /** The client has gone. */
  end(): void {
    const { parked } = this;
    this.parked = undefined;
    this.pause.forget(this);
    parked?.cancel?.();
  }
}
