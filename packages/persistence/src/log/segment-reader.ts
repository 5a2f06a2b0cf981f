import { crc32 } from 'node:zlib';
import type { FileSystem, OpenFile } from '../file-system.ts';
import { readU64 } from '../layout.ts';
import { IO_CHUNK_BYTES_MAX } from '../limits.ts';
import { LogDamagedError, LogError } from './log-errors.ts';
import {
  LOG_MAGIC,
  LOG_RECORD,
  LOG_RECORD_BYTES,
  LOG_VERSION,
  RECORD_EFFECTS,
  RECORD_END,
  SEGMENT_HEADER,
  SEGMENT_HEADER_BYTES,
} from './log-layout.ts';
import type { LogFile } from './manifest.ts';

/** Read at once; records that are larger get a read of their own. */
const WINDOW_BYTES = 1024 * 1024;

/** A record whose checksums fit. Its payload is valid until the next one is asked for. */
export interface LogRecord {
  readonly kind: number;
  /** Where in the file it begins. */
  readonly offset: number;
  /** What was on disk when it was made. */
  readonly synced: number;
  readonly payload: Uint8Array;
}

/** Records out of a segment, from front to back, checked. */
export class SegmentReader {
  readonly path: string;
  readonly size: number;
  salt = 0;
  /** Offset of the next record, which is how much has been found good. */
  offset = SEGMENT_HEADER_BYTES;
  /** How much of it records say was on disk. */
  synced = SEGMENT_HEADER_BYTES;
  /** Why the record at `offset` does not fit, once `next` has answered `undefined` before the end. */
  fault: string | undefined;

  private readonly file: OpenFile;
  private readonly window: Uint8Array;
  private windowStart = 0;
  private windowEnd = 0;

  private constructor(path: string, file: OpenFile, size: number) {
    this.path = path;
    this.file = file;
    this.size = size;
    this.window = new Uint8Array(Math.min(size, WINDOW_BYTES));
  }

  static async open(fs: FileSystem, path: string): Promise<SegmentReader> {
    const file = await fs.openFile(path);
    try {
      return new SegmentReader(path, file, await file.size());
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** Reads and checks the header, which must be that of `expected`. Comes first. */
  async header(expected: LogFile): Promise<void> {
    if (this.size < SEGMENT_HEADER_BYTES) this.damagedHeader('the file ends inside its header');
    const bytes = await this.bytes(0, SEGMENT_HEADER_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (LOG_MAGIC.some((byte, at) => bytes[at] !== byte))
      this.damagedHeader('it does not begin as a segment does');
    const salt = view.getUint32(SEGMENT_HEADER.checksum, true);
    const version = view.getUint16(SEGMENT_HEADER.version, true);
    const flags = view.getUint32(SEGMENT_HEADER.flags, true);
    if (crc32(bytes.subarray(0, SEGMENT_HEADER.checksum)) !== salt)
      this.damagedHeader('the checksum of the header differs');
    if (version > LOG_VERSION || flags !== 0)
      throw new LogError(
        'LOG_NEWER',
        `${this.path} has version ${version} and flags ${flags}; this program reads version ${LOG_VERSION} and flags 0`,
        { path: this.path },
      );
    if (
      version !== LOG_VERSION ||
      view.getUint16(SEGMENT_HEADER.length, true) !== SEGMENT_HEADER_BYTES ||
      view.getUint32(SEGMENT_HEADER.reserved, true) !== 0
    )
      this.damagedHeader('a field of the header has a value that is not allowed');
    const id = Buffer.from(bytes.subarray(SEGMENT_HEADER.id, SEGMENT_HEADER.number));
    const number = readU64(view, SEGMENT_HEADER.number);
    if (number !== expected.number || id.toString('hex') !== expected.id)
      this.damagedHeader('it is another segment than the manifest names');
    this.salt = salt;
  }

  /** The next record; `undefined` at the end, and where something does not fit: see `fault`. */
  async next(): Promise<LogRecord | undefined> {
    const { offset, size } = this;
    if (offset === size) return undefined;
    const record = await this.record(offset);
    if (typeof record === 'string') {
      this.fault = record;
      return undefined;
    }
    this.offset = offset + LOG_RECORD_BYTES + record.payload.length;
    this.synced = Math.max(this.synced, record.synced);
    return record;
  }

  /** The record at an offset, or why there is none. */
  async record(offset: number): Promise<LogRecord | string> {
    if (this.size - offset < LOG_RECORD_BYTES) return 'the file ends inside the head of a record';
    const head = await this.bytes(offset, LOG_RECORD_BYTES);
    const view = new DataView(head.buffer, head.byteOffset, LOG_RECORD_BYTES);
    const checksum = crc32(head.subarray(0, LOG_RECORD.checksum), this.salt);
    if (checksum !== view.getUint32(LOG_RECORD.checksum, true))
      return 'the checksum of the head of a record differs';
    const kind = view.getUint32(LOG_RECORD.kind, true);
    const length = view.getUint32(LOG_RECORD.length, true);
    const synced = readU64(view, LOG_RECORD.synced);
    const payloadChecksum = view.getUint32(LOG_RECORD.payloadChecksum, true);
    if (readU64(view, LOG_RECORD.offset) !== offset) return 'a record of another place is here';
    if (kind < RECORD_EFFECTS || kind > RECORD_END || (kind !== RECORD_EFFECTS) !== (length === 0))
      return `a record has kind ${kind} and ${length} bytes`;
    if (synced > offset) return 'a record says that it was on disk before it was made';
    if (this.size - offset - LOG_RECORD_BYTES < length) return 'the file ends inside a record';
    const payload = await this.bytes(offset + LOG_RECORD_BYTES, length);
    if (crc32(payload, this.salt) !== payloadChecksum) return 'the checksum of a record differs';
    return { kind, offset, synced, payload };
  }

  /** Bytes of the file, which has them; valid until the next call. */
  async bytes(offset: number, length: number): Promise<Uint8Array> {
    const { window } = this;
    if (offset < this.windowStart || offset + length > this.windowEnd) {
      if (length > window.length) return await this.fill(new Uint8Array(length), offset);
      const count = Math.min(window.length, this.size - offset);
      this.windowEnd = 0;
      await this.fill(window.subarray(0, count), offset);
      this.windowStart = offset;
      this.windowEnd = offset + count;
    }
    const from = offset - this.windowStart;
    return window.subarray(from, from + length);
  }

  private async fill(into: Uint8Array, offset: number): Promise<Uint8Array> {
    for (let done = 0; done < into.length; ) {
      const chunk = into.subarray(done, done + IO_CHUNK_BYTES_MAX);
      const read = await this.file.read(chunk, offset + done);
      if (read === 0) this.damaged(offset + done, 'the file became shorter while it was read');
      done += read;
    }
    return into;
  }

  /** Ends the reading: this is no crash's work. */
  damaged(byteOffset: number, reason: string): never {
    throw new LogDamagedError({ path: this.path, byteOffset, reason });
  }

  private damagedHeader(reason: string): never {
    this.damaged(0, reason);
  }
}
