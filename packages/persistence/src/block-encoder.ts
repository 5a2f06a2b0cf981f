/**
 * Entries into blocks, through two buffers that are used in turn: nothing is allocated per record. This is
 * the write side's hot path; everything around it may be ordinary.
 */
import { crc32 } from 'node:zlib';
import type { EntryTarget, SnapshotEntry } from './entry.ts';
import { SnapshotError } from './errors.ts';
import {
  DEADLINE_BYTES,
  FRAME_BYTES,
  KEY_DEADLINE_BIT,
  KIND_RECORDS,
  RECORD,
  RECORD_BYTES,
  writeFrame,
  writeU64,
} from './layout.ts';
import {
  DATABASE_MAX,
  DEADLINE_MAX,
  ENCODING_MAX,
  KEY_BYTES_MAX,
  TYPE_MAX,
  VALUE_BYTES_MAX,
} from './limits.ts';

/** Who writes by 8 bytes may go so far beyond the end. */
const SLACK_BYTES = 8;
/** Below this many bytes a loop is faster than a call of `set`. */
const COPY_LOOP_BYTES = 24;

/** Collects records until a block is full, and blocks until they are worth a call of the file system. */
export class BlockEncoder implements EntryTarget {
  bytes: Uint8Array;
  view: DataView;
  readonly #salt: number;
  readonly #blockBytes: number;
  readonly #blocksBytes: number;
  /** Where the block that is being filled begins, and where its next record does. */
  #start = 0;
  #end = FRAME_BYTES;
  #records = 0;
  #index = 0;
  /** What was taken last may still be on its way to the disk. */
  #other: Pick<BlockEncoder, 'bytes' | 'view'> | undefined;

  /** @param blocks - how many are collected */
  constructor(salt: number, payloadBytes: number, blocks: number) {
    this.#salt = salt;
    this.#blockBytes = FRAME_BYTES + payloadBytes;
    this.#blocksBytes = this.#blockBytes * blocks;
    const { bytes, view } = this.#room();
    this.bytes = bytes;
    this.view = view;
  }

  #room() {
    const bytes = new Uint8Array(this.#blocksBytes + SLACK_BYTES);
    return { bytes, view: new DataView(bytes.buffer) };
  }

  /** Records in the block being filled. */
  get records(): number {
    return this.#records;
  }

  /** Blocks finished so far, which is the index of the next one. */
  get blocks(): number {
    return this.#index;
  }

  /** Whether no other block has room behind those that are finished. */
  get isFull(): boolean {
    return this.#start + this.#blockBytes > this.#blocksBytes;
  }

  /** Adds a record; answers false, and changes nothing, where there is no room for it in the block. */
  add(entry: SnapshotEntry): boolean {
    checkEntry(entry);
    const { key, value } = entry;
    const end = this.#end + headBytes(entry) + key.length + value.length;
    if (end > this.#start + this.#blockBytes) return false;
    const keyStart = writeHead(this.view, this.#end, entry);
    copy(key, this.bytes, keyStart);
    copy(value, this.bytes, keyStart + key.length);
    this.#end = end;
    this.#records += 1;
    return true;
  }

  /** {@link EntryTarget} */
  put(
    database: number,
    type: number,
    encoding: number,
    deadline: number,
    keyLength: number,
    valueLength: number,
  ): number {
    const start = this.#end;
    const head = deadline === 0 ? RECORD_BYTES : RECORD_BYTES + DEADLINE_BYTES;
    const end = start + head + keyLength + valueLength;
    if (end > this.#start + this.#blockBytes) return -1;
    if (database > DATABASE_MAX) refuse('database', database, DATABASE_MAX);
    if (type > TYPE_MAX) refuse('type', type, TYPE_MAX);
    if (encoding > ENCODING_MAX) refuse('encoding', encoding, ENCODING_MAX);
    if (deadline > DEADLINE_MAX) refuse('deadline', deadline, DEADLINE_MAX);
    const { view } = this;
    // One store for the three: type, encoding, database.
    view.setUint32(start + RECORD.type, type | (encoding << 8) | (database << 16), true);
    const keyField = deadline === 0 ? keyLength : keyLength + KEY_DEADLINE_BIT;
    view.setUint32(start + RECORD.key, keyField, true);
    view.setUint32(start + RECORD.value, valueLength, true);
    if (deadline !== 0) writeU64(view, start + RECORD.deadline, deadline);
    this.#end = end;
    this.#records += 1;
    return start + head;
  }

  /** Finishes the block that is being filled. Unless they are full, another can be filled behind it. */
  finish(): void {
    writeFrame(this.bytes, this.view, this.#start, this.#salt, {
      kind: KIND_RECORDS,
      index: this.#index,
      length: this.#end - this.#start - FRAME_BYTES,
      records: this.#records,
      payloadChecksum: crc32(this.bytes.subarray(this.#start + FRAME_BYTES, this.#end), this.#salt),
    });
    this.#index += 1;
    this.#start = this.#end;
    this.#end += FRAME_BYTES;
    this.#records = 0;
  }

  /** The finished blocks, frames and all. */
  get finished(): Uint8Array {
    return this.bytes.subarray(0, this.#start);
  }

  /** Takes the {@link finished} blocks, so that others can be filled. They hold still until this is called again. */
  take(): Uint8Array {
    const { bytes, view, finished: taken } = this;
    const other = this.#other ?? this.#room();
    this.#other = { bytes, view };
    this.bytes = other.bytes;
    this.view = other.view;
    this.#start = 0;
    this.#end = FRAME_BYTES;
    return taken;
  }

  /**
   * A record too large for the buffer, as the pieces of a block of its own: its frame, the record's
   * head, key and value, neither of which is copied. `checksum` is asked for the CRC32 of the last
   * three, in order, continued from the salt, and may take its time.
   */
  async single(
    entry: SnapshotEntry,
    checksum: (pieces: readonly Uint8Array[], salt: number) => Promise<number>,
  ): Promise<readonly Uint8Array[]> {
    const head = new Uint8Array(headBytes(entry));
    writeHead(new DataView(head.buffer), 0, entry);
    const pieces = [head, entry.key, entry.value];
    const frame = new Uint8Array(FRAME_BYTES);
    writeFrame(frame, new DataView(frame.buffer), 0, this.#salt, {
      kind: KIND_RECORDS,
      index: this.#index,
      length: head.length + entry.key.length + entry.value.length,
      records: 1,
      payloadChecksum: await checksum(pieces, this.#salt),
    });
    this.#index += 1;
    return [frame, ...pieces];
  }
}

function headBytes(entry: SnapshotEntry): number {
  return entry.deadline === undefined ? RECORD_BYTES : RECORD_BYTES + DEADLINE_BYTES;
}

/** Writes what comes before the key, and answers where the key begins. */
function writeHead(view: DataView, at: number, entry: SnapshotEntry): number {
  const { deadline } = entry;
  view.setUint8(at + RECORD.type, entry.type);
  view.setUint8(at + RECORD.encoding, entry.encoding);
  view.setUint16(at + RECORD.database, entry.database, true);
  view.setUint32(at + RECORD.value, entry.value.length, true);
  if (deadline === undefined) {
    view.setUint32(at + RECORD.key, entry.key.length, true);
    return at + RECORD_BYTES;
  }
  view.setUint32(at + RECORD.key, entry.key.length + KEY_DEADLINE_BIT, true);
  writeU64(view, at + RECORD.deadline, deadline);
  return at + RECORD_BYTES + DEADLINE_BYTES;
}

function copy(from: Uint8Array, to: Uint8Array, at: number): void {
  const { length } = from;
  if (length > COPY_LOOP_BYTES) {
    to.set(from, at);
    return;
  }
  for (let i = 0; i < length; i += 1) to[at + i] = from[i] as number;
}

function checkEntry(entry: SnapshotEntry): void {
  const { database, key, value, type, encoding, deadline } = entry;
  if (!isWithin(database, DATABASE_MAX)) refuse('database', database, DATABASE_MAX);
  if (!isWithin(type, TYPE_MAX)) refuse('type', type, TYPE_MAX);
  if (!isWithin(encoding, ENCODING_MAX)) refuse('encoding', encoding, ENCODING_MAX);
  if (key.length > KEY_BYTES_MAX) refuse('key length', key.length, KEY_BYTES_MAX);
  if (value.length > VALUE_BYTES_MAX) refuse('value length', value.length, VALUE_BYTES_MAX);
  if (deadline !== undefined && !isWithin(deadline, DEADLINE_MAX)) {
    refuse('deadline', deadline, DEADLINE_MAX);
  }
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function refuse(field: string, value: number, max: number): never {
  throw new SnapshotError(
    'ENTRY_OUT_OF_RANGE',
    `an entry's ${field} is ${value}; it must be an integer from 0 to ${max}`,
  );
}
