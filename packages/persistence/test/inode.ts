/** What a disk writes at once: a crash keeps each whole or not at all. */
export const SECTOR_BYTES = 512;

/** A change of a file that no fsync has covered yet. */
type Unsynced =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

/** A file: what is on the disk, what reading shows, and the changes between the two. */
export class Inode {
  disk: Uint8Array = new Uint8Array(0);
  cache: Uint8Array = new Uint8Array(0);
  private unsynced: Unsynced[] = [];
  /** With a past of failures the disk lacks what reading shows, and will not get it any more. */
  private forsaken = false;

  write(bytes: Uint8Array, position: number): void {
    this.cache = written(this.cache, bytes, position);
    this.unsynced.push({ kind: 'write', position, bytes: bytes.slice() });
  }

  truncate(length: number): void {
    this.cache = resized(this.cache, length);
    this.unsynced.push({ kind: 'truncate', length });
  }

  sync(): void {
    if (!this.forsaken) this.disk = this.cache;
    else for (const change of this.unsynced) this.disk = changed(this.disk, change);
    this.unsynced = [];
  }

  /**
   * An fsync that fails, as on Linux: half of the changes have reached the disk, the rest never will, and the
   * next fsync knows nothing of them.
   */
  failSync(): void {
    this.forsaken = true;
    for (const change of this.unsynced.slice(0, this.unsynced.length >> 1))
      this.disk = changed(this.disk, change);
    this.unsynced = [];
  }

  /** The power fails: every unsynced sector reached the disk or did not. */
  crash(random: () => number): void {
    let disk = this.disk;
    for (const change of this.unsynced) {
      if (change.kind === 'truncate') {
        if (random() < 0.5) disk = resized(disk, change.length);
        continue;
      }
      const end = change.position + change.bytes.length;
      // A file can have its new length without its new content.
      if (random() < 0.5 && disk.length < end) disk = resized(disk, end);
      for (let at = change.position; at < end; ) {
        const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
        const part = change.bytes.subarray(at - change.position, next - change.position);
        if (random() < 0.6) disk = written(disk, part, at);
        at = next;
      }
    }
    this.disk = disk;
    this.cache = disk;
    this.unsynced = [];
    this.forsaken = false;
  }
}

function changed(bytes: Uint8Array, change: Unsynced): Uint8Array {
  return change.kind === 'write'
    ? written(bytes, change.bytes, change.position)
    : resized(bytes, change.length);
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  return result;
}

function written(old: Uint8Array, bytes: Uint8Array, position: number): Uint8Array {
  const result = resized(old, Math.max(old.length, position + bytes.length));
  result.set(bytes, position);
  return result;
}
