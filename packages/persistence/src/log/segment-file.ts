import type { OpenFile } from '../file-system.ts';
import { IO_CHUNK_BYTES_MAX } from '../limits.ts';
import { type RecordKind, sealRecord } from './log-layout.ts';

/** A segment that is open for writing: where it ends, and how much of it is known to be on disk. */
export class SegmentFile {
  readonly path: string;
  /** Where the next record goes. */
  offset: number;
  private synced: number;
  private readonly file: OpenFile;
  private readonly salt: number;

  /** @param offset - everything before it is on disk */
  constructor(path: string, file: OpenFile, salt: number, offset: number) {
    this.path = path;
    this.file = file;
    this.salt = salt;
    this.offset = offset;
    this.synced = offset;
  }

  /** Adds a record: its payload is there, and room for its head in front. */
  async append(record: Uint8Array, kind: RecordKind): Promise<void> {
    const { salt, offset, synced, file } = this;
    sealRecord(record, kind, { salt, offset, synced });
    for (let done = 0; done < record.length; ) {
      const chunk = record.subarray(done, done + IO_CHUNK_BYTES_MAX);
      const written = await file.write(chunk, offset + done);
      if (written === 0) throw new Error('the file system took no bytes');
      done += written;
    }
    this.offset = offset + record.length;
  }

  /**
   * Cuts off what a failed `append` has left. If that fails too, the next one writes over it; and if none
   * comes, recovery cuts it off.
   */
  async takeBack(): Promise<void> {
    await this.file.truncate(this.offset).catch(() => undefined);
  }

  /** Makes durable what has been added before the call. */
  async sync(): Promise<void> {
    const { offset } = this;
    await this.file.syncData();
    this.synced = Math.max(this.synced, offset);
  }

  /** Nothing is written through it any more; a failure to close it loses nothing. */
  async close(): Promise<void> {
    await this.file.close().catch(() => undefined);
  }
}
