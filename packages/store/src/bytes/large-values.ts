/** A key and a value that are too long for a segment, one behind the other. */
export interface LargeEntry {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The buffers of a database's large records, by number. */
export class LargeValues {
  private readonly entries = new Map<number, LargeEntry>();
  private last = 0;
  /** Bytes in all of them. */
  bytes = 0;

  /** Keeps a buffer; answers its number, never 0. */
  add(bytes: Uint8Array): number {
    const number = ++this.last;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.entries.set(number, { bytes, view });
    this.bytes += bytes.length;
    return number;
  }

  get(number: number): LargeEntry {
    return this.entries.get(number) as LargeEntry;
  }

  remove(number: number): void {
    this.bytes -= this.get(number).bytes.length;
    this.entries.delete(number);
  }

  get size(): number {
    return this.entries.size;
  }
}
