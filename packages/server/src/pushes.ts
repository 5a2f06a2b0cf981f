import type { Reply } from './parked.ts';

/** What is to be sent to a client between its replies, in order. */
export class Pushes {
  /** About how much of it there is. */
  bytes = 0;
  private queue: { readonly write: Reply; readonly bytes: number }[] = [];
  private first = 0;

  add(write: Reply, bytes: number): void {
    this.queue.push({ write, bytes });
    this.bytes += bytes;
  }

  /** Takes the first one off. */
  next(): Reply | undefined {
    const push = this.queue[this.first];
    if (push === undefined) {
      this.queue = [];
      this.first = 0;
      return undefined;
    }
    this.first++;
    this.bytes -= push.bytes;
    return push.write;
  }
}
