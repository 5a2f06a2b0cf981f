import type { Timers } from './ports.ts';

/** Somebody whose commands are held. */
export interface Held {
  /** The pause is over. */
  released(): void;
}

/** CLIENT PAUSE: commands of all clients, or those that write, wait until it ends. */
export class Pause {
  private readonly timers: Timers;
  private mode: 'none' | 'write' | 'all' = 'none';
  private endsAt = 0;
  private timer: unknown;
  private readonly held = new Set<Held>();

  constructor(timers: Timers) {
    this.timers = timers;
  }

  get active(): boolean {
    return this.mode !== 'none';
  }

  /** Whether a command with these flags is to wait. */
  holds(flags: readonly string[]): boolean {
    return this.mode === 'all' || (this.mode === 'write' && flags.includes('write'));
  }

  /** Is told when the pause is over. */
  hold(who: Held): void {
    this.held.add(who);
  }

  forget(who: Held): void {
    this.held.delete(who);
  }

  /** Begins or prolongs a pause; `now` is Unix milliseconds. It never gets shorter or weaker. */
  start(ms: number, all: boolean, now: number): void {
    const endsAt = Math.max(this.active ? this.endsAt : 0, now + ms);
    this.mode = all || this.mode === 'all' ? 'all' : 'write';
    this.endsAt = endsAt;
    this.timers.clearTimeout(this.timer);
    this.timer = this.timers.setTimeout(() => this.end(), endsAt - now);
  }

  /** Ends it at once. */
  end(): void {
    this.mode = 'none';
    this.timers.clearTimeout(this.timer);
    const waiting = [...this.held];
    this.held.clear();
    for (const who of waiting) who.released();
  }
}
