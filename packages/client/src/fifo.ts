/** A power of two, as every capacity here. */
const CAPACITY_MIN = 64;

/** A queue in a ring: in at the back, out at the front, both in constant time. */
export class Fifo<T extends object> {
  private items: (T | undefined)[] = new Array(CAPACITY_MIN).fill(undefined);
  private head = 0;
  private size_ = 0;

  get size(): number {
    return this.size_;
  }

  push(item: T): void {
    if (this.size_ === this.items.length) this.grow();
    const { items } = this;
    items[(this.head + this.size_++) & (items.length - 1)] = item;
  }

  /** The oldest, which stays. */
  peek(): T | undefined {
    return this.items[this.head];
  }

  shift(): T | undefined {
    if (this.size_ === 0) return undefined;
    const { items, head } = this;
    const item = items[head];
    // What left the queue is not kept alive by it.
    items[head] = undefined;
    this.head = (head + 1) & (items.length - 1);
    this.size_--;
    return item;
  }

  /** The one behind so many others. */
  at(index: number): T {
    return this.items[(this.head + index) & (this.items.length - 1)] as T;
  }

  /** Takes out all that are behind so many others. */
  cut(index: number): T[] {
    const { items } = this;
    const taken: T[] = [];
    for (let i = index; i < this.size_; i++) {
      taken.push(this.at(i));
      items[(this.head + i) & (items.length - 1)] = undefined;
    }
    this.size_ = Math.min(this.size_, index);
    return taken;
  }

  /** Takes everything out, oldest first, and gives the memory of a long ring back. */
  drain(): T[] {
    const items = this.toArray();
    this.items = new Array(CAPACITY_MIN).fill(undefined);
    this.head = 0;
    this.size_ = 0;
    return items;
  }

  forEach(visit: (item: T) => void): void {
    for (let i = 0; i < this.size_; i++) visit(this.at(i));
  }

  private toArray(): T[] {
    const all: T[] = [];
    this.forEach((item) => {
      all.push(item);
    });
    return all;
  }

  private grow(): void {
    const all: (T | undefined)[] = this.toArray();
    for (let free = all.length; free > 0; free--) all.push(undefined);
    this.items = all;
    this.head = 0;
  }
}
