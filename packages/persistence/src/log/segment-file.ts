import type { OpenFile } from '../file-system.ts';
import { IO_CHUNK_BYTES_MAX } from '../limits.ts';
import {
  LOG_RECORD_BYTES,
  type RECORD_END,
  type RECORD_MARK,
  type RecordKind,
  ROOM_BYTE,
  sealRecord,
} from './log-layout.ts';
import { ROOM_BYTES } from './log-limits.ts';

/** How a record gets to its file. */
interface Append {
  /** Before anything else happens: the event loop waits. */
  readonly now: boolean;
  /** Into a file that is longer than it needs to be, see `makeRoom`. */
  readonly intoRoom: boolean;
}

const ORDINARY: Append = { now: false, intoRoom: false };

let room: Uint8Array | undefined;

/** A segment that is open for writing: where it ends, and how much of it is known to be on disk. */
export class SegmentFile {
  readonly path: string;
  /** Where the next record goes. */
  offset: number;
  private synced: number;
  /** Where the file ends, or sooner. */
  private roomEnd: number;
  private readonly file: OpenFile;
  private readonly salt: number;

  /** @param offset - everything before it is on disk, and nothing is behind it */
  constructor(path: string, file: OpenFile, salt: number, offset: number) {
    this.path = path;
    this.file = file;
    this.salt = salt;
    this.offset = offset;
    this.synced = offset;
    this.roomEnd = offset;
  }

  /** Adds a record: its payload is there, and room for its head in front. */
  async append(record: Uint8Array, kind: RecordKind, how = ORDINARY): Promise<void> {
    if (how.intoRoom && this.offset > this.roomEnd) await this.makeRoom(how.now);
    const { salt, offset, synced } = this;
    sealRecord(record, kind, { salt, offset, synced });
    for (let done = 0; done < record.length; ) {
      const chunk = record.subarray(done, done + IO_CHUNK_BYTES_MAX);
      const written = await this.write(chunk, offset + done, how.now);
      if (written === 0) throw new Error('the file system took no bytes');
      done += written;
    }
    this.offset = offset + record.length;
  }

  /**
   * Makes the file longer than it has to be: what is written into what is there already is synced sooner, since the
   * file system has no new length to note. A disk that has no room for it does without.
   */
  private async makeRoom(now: boolean): Promise<void> {
    room ??= new Uint8Array(ROOM_BYTES).fill(ROOM_BYTE);
    try {
      this.roomEnd = this.offset + (await this.write(room, this.offset, now));
    } catch {
      this.roomEnd = this.offset;
    }
  }

  private write(bytes: Uint8Array, position: number, now: boolean): number | Promise<number> {
    const { file } = this;
    return now ? file.writeNow(bytes, position) : file.write(bytes, position);
  }

  /** Adds a last record, which has no payload, and gives back the room behind it. */
  async finish(kind: typeof RECORD_MARK | typeof RECORD_END): Promise<void> {
    await this.append(new Uint8Array(LOG_RECORD_BYTES), kind);
    if (this.roomEnd > this.offset) await this.trim();
  }

  /**
   * Cuts off what lies behind the last record: room, or what a failed `append` has left. If that fails too, the
   * next one writes over it; and if none comes, recovery cuts it off.
   */
  async trim(): Promise<void> {
    this.roomEnd = this.offset;
    await this.file.truncate(this.offset).catch(() => undefined);
  }

  /** Makes durable what has been added before the call; `now`: the event loop waits. */
  async sync(now = false): Promise<void> {
    const { offset, file } = this;
    if (now) file.syncDataNow();
    else await file.syncData();
    this.synced = Math.max(this.synced, offset);
  }

  /** Nothing is written through it any more; a failure to close it loses nothing. */
  async close(): Promise<void> {
    await this.file.close().catch(() => undefined);
  }
}
