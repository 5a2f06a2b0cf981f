import type { ClientTimers } from './options.ts';

/** A connection that waits for messages, as its heartbeat sees it. */
export interface Listening {
  /** Whether anybody waits for messages. */
  isListening(): boolean;
  /** Since when nothing was heard; `undefined` while that is watched by others, or nothing is connected. */
  quietSince(): number | undefined;
  /** Asks the server for a sign of life. */
  ask(): void;
}

/**
 * Who only listens sends nothing, and so would not notice that the connection has died
 * without a word: after some silence the server is asked for a sign of life.
 */
export class Heartbeat {
  private readonly timers: ClientTimers;
  private readonly silenceMs: number;
  private readonly listening: Listening;
  private timer: unknown;

  constructor(timers: ClientTimers, silenceMs: number, listening: Listening) {
    this.timers = timers;
    this.silenceMs = silenceMs;
    this.listening = listening;
  }

  /** Begins, unless it has; it ends by itself when nobody listens any more. */
  start(): void {
    if (this.timer === undefined) this.wait(this.silenceMs);
  }

  stop(): void {
    if (this.timer === undefined) return;
    this.timers.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private wait(ms: number): void {
    this.timer = this.timers.setTimeout(() => this.beat(), Math.max(1, Math.ceil(ms)));
  }

  private beat(): void {
    const { listening, silenceMs } = this;
    this.timer = undefined;
    if (!listening.isListening()) return;
    const now = this.timers.now();
    const quietMs = now - (listening.quietSince() ?? now);
    if (quietMs >= silenceMs) listening.ask();
    this.wait(quietMs >= silenceMs ? silenceMs : silenceMs - quietMs);
  }
}
