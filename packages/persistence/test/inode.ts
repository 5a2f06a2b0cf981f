/** What a disk writes at once: a crash keeps each whole or not at all. */
export const SECTOR_BYTES = 512;

/** A change of a file that no fsync has covered yet. */
type Unsynced =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

/** A file: what is on the disk, what reading shows, and the changes between the two. */
export class Inode {
  /** Both are changed in place, so that a change costs its own length and not the file's. */
  disk: Uint8Array = new Uint8Array(0);
  cache: Uint8Array = new Uint8Array(0);
  private unsynced: Unsynced[] = [];

  write(bytes: Uint8Array, position: number): void {
    this.cache = written(this.cache, bytes, position);
    this.unsynced.push({ kind: 'write', position, bytes: bytes.slice() });
  }

  truncate(length: number): void {
    this.cache = resized(this.cache, length);
    this.unsynced.push({ kind: 'truncate', length });
  }

  /** Replaces all that the file holds, on the disk too. */
  replace(bytes: Uint8Array): void {
    this.disk = bytes.slice();
    this.cache = bytes.slice();
    this.unsynced = [];
  }

  sync(): void {
    for (const change of this.unsynced) this.disk = changed(this.disk, change);
    this.unsynced = [];
  }

  /**
   * An fsync that fails, as on Linux: half of the changes have reached the disk, the rest never will, and the
   * next fsync knows nothing of them.
   */
  failSync(): void {
    for (const change of this.unsynced.slice(0, this.unsynced.length >> 1))
      this.disk = changed(this.disk, change);
    this.unsynced = [];
  }

  /** The power fails: every unsynced sector reached the disk or did not. */
  crash(random: () => number): void {
    for (const change of this.unsynced) {
      if (change.kind === 'write') this.losePart(change.bytes, change.position, random);
      else if (random() < 0.5) this.disk = resized(this.disk, change.length);
    }
    this.cache = this.disk.slice();
    this.unsynced = [];
  }

  private losePart(bytes: Uint8Array, position: number, random: () => number): void {
    const end = position + bytes.length;
    // A file can have its new length without its new content.
    if (random() < 0.5 && this.disk.length < end) this.disk = resized(this.disk, end);
    for (let at = position; at < end; ) {
      const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      const part = bytes.subarray(at - position, next - position);
      if (random() < 0.6) this.disk = written(this.disk, part, at);
      at = next;
    }
  }
}

function changed(bytes: Uint8Array, change: Unsynced): Uint8Array {
  return change.kind === 'write'
    ? written(bytes, change.bytes, change.position)
    : resized(bytes, change.length);
}

/** The same bytes with another length: in the same memory if that is large enough, else in twice as much. */
function resized(bytes: Uint8Array, length: number): Uint8Array {
  const { buffer } = bytes;
  if (length <= buffer.byteLength) {
    const result = new Uint8Array(buffer, 0, length);
    result.fill(0, bytes.length);
    return result;
  }
  const result = new Uint8Array(length * 2).subarray(0, length);
  result.set(bytes);
  return result;
}

function written(old: Uint8Array, bytes: Uint8Array, position: number): Uint8Array {
  const end = position + bytes.length;
  const result = end > old.length ? resized(old, end) : old;
  result.set(bytes, position);
  return result;
}
