const LENGTH_MAX = 16 * 1024;
const NO_BYTES = new Uint8Array(0);

/** The beginnings of one array, by length: making a view costs as much as a small reply. */
export class WriteViews {
  private of: Uint8Array = NO_BYTES;
  private views: (Uint8Array | undefined)[] = [];

  /** The first `length` bytes. */
  get(bytes: Uint8Array, length: number): Uint8Array {
    if (length >= LENGTH_MAX) return bytes.subarray(0, length);
    if (bytes !== this.of) {
      this.of = bytes;
      this.views = [];
    }
    const known = this.views[length];
    if (known !== undefined) return known;
    const view = bytes.subarray(0, length);
    this.views[length] = view;
    return view;
  }
}
