/** A key and a value that are too long for a segment, one behind the other. */
export interface LargeEntry {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The buffers of a database's large records, by number. */
export class LargeValues {
  /** The number 0 is none. */
  private readonly entries: (LargeEntry | undefined)[] = [undefined];
  /** Numbers that can be given again: they must fit the 32 bits of a word for ever. */
  private readonly free: number[] = [];
  /** Bytes in all of them. */
  bytes = 0;

  /** Keeps a buffer; answers its number, never 0. */
  add(bytes: Uint8Array): number {
    const number = this.free.pop() ?? this.entries.length;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.entries[number] = { bytes, view };
    this.bytes += bytes.length;
    return number;
  }

  get(number: number): LargeEntry {
    return this.entries[number] as LargeEntry;
  }

  remove(number: number): void {
    this.bytes -= this.get(number).bytes.length;
    this.entries[number] = undefined;
    this.free.push(number);
  }

  get size(): number {
    return this.entries.length - 1 - this.free.length;
  }
}
