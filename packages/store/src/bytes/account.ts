/** Bytes that are held for one purpose: whoever takes or gives back memory tells it. */
export class Account {
  bytes = 0;

  /** Adds what was taken; with a negative number, takes off what was given back. */
  add(bytes: number): void {
    this.bytes += bytes;
  }
}
