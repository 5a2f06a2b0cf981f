import { crc32 } from 'node:zlib';
import { hasCode } from './directory.ts';
import { SnapshotDamagedError } from './errors.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { findFrame } from './find-frame.ts';
import {
  FOOTER,
  FOOTER_BYTES,
  FRAME,
  FRAME_BYTES,
  HEADER_BYTES,
  HEADER_BYTES_MAX,
  KIND_FOOTER,
  KIND_RECORDS,
  RECORD_BYTES,
  readU64,
} from './layout.ts';
import {
  BLOCK_PAYLOAD_BYTES,
  BLOCK_PAYLOAD_BYTES_MAX,
  IO_CHUNK_BYTES_MAX,
  KEY_BYTES_MAX,
  VALUE_BYTES_MAX,
} from './limits.ts';
import { parseHeader, type SnapshotHeader } from './snapshot-header.ts';

/** A block whose checksum fits. Its payload is valid until the next one is asked for. */
export interface Block {
  readonly index: number;
  /** Offset of the payload in the file. */
  readonly offset: number;
  readonly payload: Uint8Array;
  readonly records: number;
}

interface Frame {
  readonly kind: number;
  readonly length: number;
  readonly records: number;
  readonly payloadChecksum: number;
}

interface ReadBlock {
  readonly bytes: Uint8Array;
  readonly checksum: number;
}

const PAYLOAD_BYTES_MAX = RECORD_BYTES + 8 + KEY_BYTES_MAX + VALUE_BYTES_MAX;

/**
 * Blocks out of a file, in order, checked. Reads each together with the frame that follows it, one call of the
 * file system per block, and the next one while its owner is busy with this one: it holds two.
 */
export class SnapshotReader {
  readonly path: string;
  readonly size: number;
  /** Offset of the next frame, which is how much has been read and found good. */
  offset = 0;
  records = 0;
  blocks = 0;

  readonly #file: OpenFile;
  readonly #ahead = new Uint8Array(FRAME_BYTES);
  readonly #aheadView = new DataView(this.#ahead.buffer);
  /** One for the block that was given out, and one for the next. */
  readonly #buffers = [
    new Uint8Array(BLOCK_PAYLOAD_BYTES + FRAME_BYTES),
    new Uint8Array(BLOCK_PAYLOAD_BYTES + FRAME_BYTES),
  ];
  #turn = 0;
  /** The next block, on its way. */
  #reading: Promise<ReadBlock> | undefined;
  #salt = 0;
  /** Something was passed over, so that the footer's counts cannot fit. */
  #skipped = false;

  private constructor(path: string, file: OpenFile, size: number) {
    this.path = path;
    this.#file = file;
    this.size = size;
  }

  /** Opens a snapshot; `undefined` when there is no such file. */
  static async open(fs: FileSystem, path: string): Promise<SnapshotReader | undefined> {
    let file: OpenFile;
    try {
      file = await fs.openFile(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
    try {
      return new SnapshotReader(path, file, await file.size());
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }

  /** Reads and checks the header. Comes first. */
  async header(): Promise<SnapshotHeader> {
    const bytes = new Uint8Array(HEADER_BYTES_MAX);
    const length = Math.min(this.size, HEADER_BYTES_MAX);
    await this.#read(bytes.subarray(0, length), undefined);
    const { salt, ...header } = parseHeader(this.path, bytes, length);
    this.#salt = salt;
    this.offset = HEADER_BYTES;
    this.#ahead.set(bytes.subarray(HEADER_BYTES, HEADER_BYTES + FRAME_BYTES));
    return header;
  }

  /** The next block of records; `undefined` after the footer, which has been checked then. */
  async next(): Promise<Block | undefined> {
    const frame = this.#parseFrame();
    const offset = this.offset + FRAME_BYTES;
    const reading = this.#reading ?? this.#readBlock(offset, frame.length);
    this.#reading = undefined;
    const { bytes, checksum } = await reading;
    if (checksum !== frame.payloadChecksum) this.#damaged('the checksum of the payload differs');
    const payload = bytes.subarray(0, frame.length);
    if (frame.kind === KIND_FOOTER) {
      if (!this.#skipped) this.#checkFooter(payload);
      return undefined;
    }
    this.#ahead.set(bytes.subarray(frame.length));
    const block = { index: this.blocks, offset, payload, records: frame.records };
    this.offset = offset + frame.length;
    this.blocks += 1;
    this.records += frame.records;
    this.#readOn();
    return block;
  }

  /** Begins with the next block, while the owner is busy with this one; only where its frame looks sound. */
  #readOn(): void {
    const left = this.size - this.offset - FRAME_BYTES;
    const length = this.#aheadView.getUint32(FRAME.length, true);
    const checksum = crc32(this.#ahead.subarray(0, FRAME.checksum), this.#salt);
    if (checksum !== this.#aheadView.getUint32(FRAME.checksum, true)) return;
    if (length > left || length > BLOCK_PAYLOAD_BYTES_MAX) return;
    this.#reading = this.#readBlock(this.offset + FRAME_BYTES, length);
    // Its failure is met when the block is asked for, if it ever is.
    this.#reading.catch(() => undefined);
  }

  /** A payload, with the frame that follows it, and its checksum. */
  async #readBlock(offset: number, length: number): Promise<ReadBlock> {
    const following = Math.min(FRAME_BYTES, this.size - offset - length);
    const bytes = this.#room(length + following);
    return { bytes, checksum: await this.#read(bytes, length, offset) };
  }

  /**
   * Passes over what does not fit, to the next whole frame, which `next` reads then. False: there is none.
   */
  async skip(): Promise<boolean> {
    const found = await findFrame(this.#file, this.size, {
      from: this.offset + 1,
      index: this.blocks,
      salt: this.#salt,
    });
    this.#skipped = true;
    this.#reading = undefined;
    if (found === undefined) return false;
    this.#ahead.set(found.bytes);
    this.offset = found.offset;
    this.blocks = found.index;
    return true;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Ends the reading of a block in which something does not fit. */
  damagedRecord(block: Block, start: number, reason: string): never {
    throw new SnapshotDamagedError({
      path: this.path,
      blockIndex: block.index,
      byteOffset: block.offset + start,
      reason,
    });
  }

  /** Checks the frame that was read ahead: its checksum first, then what it says. */
  #parseFrame(): Frame {
    const left = this.size - this.offset;
    if (left === 0) this.#damaged('the file ends without a footer');
    if (left < FRAME_BYTES) this.#damaged('the file ends inside a frame');
    const view = this.#aheadView;
    const checksum = crc32(this.#ahead.subarray(0, FRAME.checksum), this.#salt);
    if (checksum !== view.getUint32(FRAME.checksum, true)) {
      this.#damaged('the checksum of the frame differs');
    }
    const index = view.getUint32(FRAME.index, true);
    if (index !== this.blocks) this.#damaged(`block ${index} is where ${this.blocks} belongs`);
    const kind = view.getUint8(FRAME.kind);
    const length = view.getUint32(FRAME.length, true);
    const records = view.getUint32(FRAME.records, true);
    if (view.getUint8(FRAME.flags) !== 0 || view.getUint16(FRAME.reserved, true) !== 0) {
      this.#damaged('reserved bits of the frame are set');
    }
    const fits =
      kind === KIND_FOOTER
        ? length === FOOTER_BYTES && records === 0
        : kind === KIND_RECORDS &&
          records > 0 &&
          length <= (records === 1 ? PAYLOAD_BYTES_MAX : BLOCK_PAYLOAD_BYTES_MAX);
    if (!fits) this.#damaged(`kind ${kind} with ${records} records in ${length} bytes`);
    if (length > left - FRAME_BYTES) this.#damaged('the file ends inside a block');
    return { kind, length, records, payloadChecksum: view.getUint32(FRAME.payloadChecksum, true) };
  }

  #checkFooter(payload: Uint8Array): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const records = readU64(view, FOOTER.records);
    const blocks = readU64(view, FOOTER.blocks);
    const fileBytes = readU64(view, FOOTER.fileBytes);
    const end = this.offset + FRAME_BYTES + FOOTER_BYTES;
    if (records !== this.records) this.#damaged(`${this.records} records, footer says ${records}`);
    if (blocks !== this.blocks) this.#damaged(`${this.blocks} blocks, footer says ${blocks}`);
    if (fileBytes !== end) this.#damaged(`footer ends at ${end}, and says ${fileBytes}`);
    if (this.size !== end) this.#damaged(`${this.size - end} bytes follow the footer`);
    this.offset = end;
  }

  /** A buffer for `length` bytes: the one whose turn it is, a larger one from now on, or one for this block. */
  #room(length: number): Uint8Array {
    this.#turn = 1 - this.#turn;
    const buffer = this.#buffers[this.#turn] as Uint8Array;
    if (length <= buffer.length) return buffer.subarray(0, length);
    const bytes = new Uint8Array(length);
    if (length <= BLOCK_PAYLOAD_BYTES_MAX + FRAME_BYTES) this.#buffers[this.#turn] = bytes;
    return bytes;
  }

  /** Fills `into`, and answers the salted CRC32 of its first `checksummed` bytes. */
  async #read(into: Uint8Array, checksummed: number | undefined, position = 0): Promise<number> {
    let done = 0;
    let checksum = this.#salt;
    while (done < into.length) {
      const chunk = into.subarray(done, done + IO_CHUNK_BYTES_MAX);
      const read = await this.#file.read(chunk, position + done);
      if (read === 0) this.#damaged('the file became shorter while it was read');
      const part = into.subarray(done, Math.min(done + read, checksummed ?? 0));
      if (part.length > 0) checksum = crc32(part, checksum);
      done += read;
    }
    return checksum;
  }

  #damaged(reason: string): never {
    const { path, blocks, offset } = this;
    throw new SnapshotDamagedError({ path, blockIndex: blocks, byteOffset: offset, reason });
  }
}
