/**
 * One snapshot on its way to the disk, step by step. Nothing here decides when; `writeSnapshot` does
 * the steps in their order.
 */
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BlockEncoder } from './block-encoder.ts';
import { ensureDirectory, ID_BYTES, syncDirectory, temporaryName } from './directory.ts';
import type { EntryTarget, FrozenView, SnapshotEntry } from './entry.ts';
import type { Environment } from './environment.ts';
import { SnapshotError } from './errors.ts';
import type { OpenFile } from './file-system.ts';
import { encodeFooter, encodeHeader } from './layout.ts';
import { BLOCK_PAYLOAD_BYTES, BLOCKS_MAX, BLOCKS_PER_WRITE, IO_CHUNK_BYTES_MAX } from './limits.ts';
import { TimeSlice } from './time-slice.ts';

/** How far a save has come. */
export interface SaveProgress {
  /** Entries encoded. */
  readonly entries: number;
  /** Entries that the frozen view expects. */
  readonly entriesExpected: number;
  /** Bytes handed to the file system. */
  readonly bytes: number;
}

export interface SnapshotWriterOptions {
  readonly path: string;
  readonly environment: Environment;
  readonly sliceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: SaveProgress) => void) | undefined;
}

/** The clock is asked once for this many entries: small values cost less than asking. */
const ENTRIES_PER_LOOK = 16;

export class SnapshotWriter {
  /** What is being done, for the message of an error. */
  step = 'freezing the entries';
  entries = 0;
  bytes = 0;

  readonly #options: SnapshotWriterOptions;
  readonly #environment: Environment;
  readonly #directory: string;
  readonly #id: Uint8Array;
  readonly #temporaryPath: string;
  readonly #slice: TimeSlice;
  #file: OpenFile | undefined;
  #temporaryExists = false;
  #encoder: BlockEncoder | undefined;
  /** What was handed to the file system last. */
  #writing: Promise<void> = Promise.resolve();
  #salt = 0;
  #entriesExpected = 0;

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.#directory = dirname(options.path);
    this.#id = options.environment.randomBytes(ID_BYTES);
    this.#temporaryPath = join(this.#directory, temporaryName(basename(options.path), this.#id));
    this.#slice = new TimeSlice(options.environment, options.sliceMs);
  }

  /** The snapshot's id, as 16 hexadecimal digits. */
  get id(): string {
    return Buffer.from(this.#id).toString('hex');
  }

  /** Makes the directory and the temporary file, and writes the header. */
  async begin(count: number, createdAt: number): Promise<void> {
    const { fs } = this.#environment;
    this.throwIfAborted();
    this.step = 'making the directory';
    await this.#slice.waitFor(ensureDirectory(fs, this.#directory));
    this.step = 'creating the temporary file';
    this.#file = await this.#slice.waitFor(fs.createFile(this.#temporaryPath));
    this.#temporaryExists = true;
    this.#entriesExpected = asCount(count);
    const { bytes, salt } = encodeHeader({
      id: this.#id,
      createdAt: asCount(createdAt),
      entriesExpected: this.#entriesExpected,
    });
    this.#salt = salt;
    this.#encoder = new BlockEncoder(salt, BLOCK_PAYLOAD_BYTES, BLOCKS_PER_WRITE);
    this.step = 'writing';
    await this.#write(bytes);
  }

  /** Writes all entries, and lets the event loop turn whenever a slice of time is spent. */
  async write(view: FrozenView): Promise<void> {
    const encoder = this.#begun();
    if (view.copyTo !== undefined) await this.#copy(view, view.copyTo.bind(view), encoder);
    for (const entry of view) {
      if (!encoder.add(entry)) {
        await this.#finishBlock(encoder);
        if (!encoder.add(entry)) await this.#writeSingle(encoder, entry);
      }
      this.entries += 1;
      if (this.entries % ENTRIES_PER_LOOK === 0 && this.#slice.spent) await this.#pause();
    }
    await this.#finishBlock(encoder);
    await this.#write(encoder.finished);
  }

  /** Writes what a view copies block by block; it has no room in a block for the next entry, or is at its end. */
  async #copy(
    view: FrozenView,
    copyTo: (target: EntryTarget) => boolean,
    encoder: BlockEncoder,
  ): Promise<void> {
    for (;;) {
      const isMore = copyTo(encoder);
      const { records } = encoder;
      this.entries += records;
      await this.#finishBlock(encoder);
      if (!isMore) return;
      if (records === 0) {
        const [entry] = view;
        await this.#writeSingle(encoder, entry as SnapshotEntry);
        this.entries += 1;
      }
      if (this.#slice.spent) await this.#write(encoder.take());
    }
  }

  /** Writes the footer, makes the file durable and closes it. */
  async end(): Promise<void> {
    const { blocks } = this.#begun();
    await this.#written();
    await this.#write(
      encodeFooter(this.#salt, { records: this.entries, blocks, offset: this.bytes }),
    );
    await this.#written();
    this.step = 'making the temporary file durable';
    await this.#file?.sync();
    this.step = 'closing the temporary file';
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Puts the file in its place. From here on there is no turning back, so a signal is not looked at. */
  async publish(): Promise<void> {
    const { fs } = this.#environment;
    this.throwIfAborted();
    this.step = 'renaming the temporary file';
    await fs.rename(this.#temporaryPath, this.#options.path);
    this.#temporaryExists = false;
    this.step = 'making the directory durable';
    await syncDirectory(fs, this.#directory);
  }

  /** Cleans up after a failure, as well as it can: what fails here does not hide why we are here. */
  async discard(): Promise<void> {
    const { fs } = this.#environment;
    await this.#writing.catch(() => undefined);
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
    if (this.#temporaryExists) await fs.removeFile(this.#temporaryPath).catch(() => undefined);
  }

  throwIfAborted(): void {
    const { signal, path } = this.#options;
    if (!signal?.aborted) return;
    throw new SnapshotError('SAVE_ABORTED', `the save of ${path} was aborted`, {
      path,
      cause: signal.reason,
    });
  }

  #opened(): OpenFile {
    if (this.#file === undefined) throw new Error('the writer has not begun, or has ended');
    return this.#file;
  }

  #begun(): BlockEncoder {
    if (this.#encoder === undefined) throw new Error('the writer has not begun');
    return this.#encoder;
  }

  async #finishBlock(encoder: BlockEncoder): Promise<void> {
    if (encoder.records === 0) return;
    this.#checkBlockCount(encoder);
    encoder.finish();
    if (encoder.isFull) await this.#write(encoder.take());
    this.#report();
  }

  async #writeSingle(encoder: BlockEncoder, entry: SnapshotEntry): Promise<void> {
    this.#checkBlockCount(encoder);
    await this.#write(encoder.take());
    const pieces = await encoder.single(entry, (parts, salt) => this.#checksum(parts, salt));
    for (const piece of pieces) await this.#write(piece);
    // The entry's bytes hold still until the next one is asked for.
    await this.#written();
  }

  #checkBlockCount(encoder: BlockEncoder): void {
    if (encoder.blocks >= BLOCKS_MAX) throw new Error(`more than ${BLOCKS_MAX} blocks`);
  }

  async #checksum(pieces: readonly Uint8Array[], salt: number): Promise<number> {
    let checksum = salt;
    for (const piece of pieces) {
      for (let start = 0; start < piece.length; start += IO_CHUNK_BYTES_MAX) {
        checksum = crc32(piece.subarray(start, start + IO_CHUNK_BYTES_MAX), checksum);
        if (this.#slice.spent) await this.#pause();
      }
    }
    return checksum;
  }

  /**
   * Begins to write all of `bytes`, when what was begun before has been written. They must hold still until then.
   * If it is time for a pause, the disk has something to do meanwhile.
   */
  async #write(bytes: Uint8Array): Promise<void> {
    await this.#written();
    this.throwIfAborted();
    this.#writing = this.#writeAll(bytes);
    // Whoever waits for it next hears of its failure.
    this.#writing.catch(() => undefined);
    if (this.#slice.spent) await this.#pause();
  }

  /** Waits for what is on its way. */
  async #written(): Promise<void> {
    await this.#slice.waitFor(this.#writing);
  }

  /** A file system may take bytes in parts. */
  async #writeAll(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      this.throwIfAborted();
      const chunk = bytes.subarray(done, done + IO_CHUNK_BYTES_MAX);
      const written = await this.#opened().write(chunk, this.bytes);
      if (written === 0) throw new Error('the file system took no bytes');
      done += written;
      this.bytes += written;
    }
    this.#report();
  }

  #report(): void {
    this.#options.onProgress?.({
      entries: this.entries,
      entriesExpected: this.#entriesExpected,
      bytes: this.bytes,
    });
  }

  async #pause(): Promise<void> {
    await this.#slice.pause();
    this.throwIfAborted();
  }
}

function asCount(value: number): number {
  if (!(value > 0)) return 0;
  return Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER);
}
