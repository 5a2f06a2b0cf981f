/** The longest array that is worth keeping, and how much is kept in all. */
const ARRAY_BYTES_MAX = 256 * 1024;
const ALL_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Arrays that nobody uses any more, for who needs one next. A new one costs the clearing of its memory, and
 * hundreds of megabytes of them a second, which is what clients with long values can ask for, would keep
 * the garbage collector busy. The bytes in them are those of whoever had them before.
 */
export class SpareArrays {
  private readonly spares: Uint8Array[] = [];
  private bytes = 0;

  /** One of at least so many bytes, the one that was used last; undefined if there is none. */
  take(bytes: number): Uint8Array | undefined {
    const at = this.spares.findLastIndex(({ length }) => length >= bytes);
    if (at < 0) return undefined;
    const [spare] = this.spares.splice(at, 1) as [Uint8Array];
    this.bytes -= spare.length;
    return spare;
  }

  /** Takes one over, if there is room: whoever gives it must not use it again. */
  give(array: Uint8Array): void {
    if (array.length > ARRAY_BYTES_MAX || this.bytes + array.length > ALL_BYTES_MAX) return;
    this.spares.push(array);
    this.bytes += array.length;
  }
}
