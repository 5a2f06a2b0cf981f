import { createHash } from 'node:crypto';

/** Events that are shown of a run that has failed. */
const RECENT_MAX = 80;

/** All that happens in a run, in order: a digest of it, and the last of it as text. */
export class Trace {
  readonly recent: string[] = [];
  private readonly hash = createHash('sha256');
  private readonly onEvent: ((text: string) => void) | undefined;

  constructor(onEvent: ((text: string) => void) | undefined) {
    this.onEvent = onEvent;
  }

  note(at: number, text: string): void {
    const line = `${at.toFixed(3).padStart(10)} ms  ${text}`;
    this.hash.update(line);
    this.onEvent?.(line);
    if (this.recent.push(line) > RECENT_MAX) this.recent.shift();
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}
