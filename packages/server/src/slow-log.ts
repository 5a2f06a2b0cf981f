import type { ShownLimits } from './shown-words.ts';

/** What an entry keeps of a command; Redis's numbers. */
export const SLOW_LOG_SHOWN: ShownLimits = { words: 32, bytes: 128 };

/** A command that took long. */
export interface SlowCommand {
  readonly id: number;
  /** Unix seconds. */
  readonly at: number;
  readonly microseconds: number;
  readonly words: readonly Uint8Array[];
  readonly address: string;
  readonly clientName: string;
}

/** The last commands that took longer than `slowlog-log-slower-than`. */
export class SlowLog {
  /** How many are kept. */
  private max = 0;
  private lastId = 0;
  /** The newest last. */
  private entries: SlowCommand[] = [];

  get length(): number {
    return this.entries.length;
  }

  set lengthMax(max: number) {
    this.max = max;
    this.trim();
  }

  add(command: Omit<SlowCommand, 'id'>): void {
    this.entries.push({ id: this.lastId++, ...command });
    this.trim();
  }

  /** The newest first; so many at most. */
  newest(count: number): readonly SlowCommand[] {
    return this.entries.slice(Math.max(0, this.entries.length - count)).reverse();
  }

  clear(): void {
    this.entries = [];
  }

  private trim(): void {
    if (this.entries.length > this.max) this.entries.splice(0, this.entries.length - this.max);
  }
}
