/** When the consumed front is longer than this and than the rest, it is cut off. */
const FRONT_MAX = 1024;

/** A queue: in at the back, out at the front, both in constant time. */
export class Fifo<T extends object> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The oldest, which stays. */
  peek(): T | undefined {
    return this.items[this.head];
  }

  shift(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head];
    // What left the queue is not kept alive by it.
    this.items[this.head++] = undefined;
    if (this.head > FRONT_MAX && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  /** Takes everything out, oldest first. */
  drain(): T[] {
    const items = this.items.slice(this.head) as T[];
    this.items = [];
    this.head = 0;
    return items;
  }

  forEach(visit: (item: T) => void): void {
    const { items } = this;
    for (let at = this.head; at < items.length; at++) visit(items[at] as T);
  }
}
