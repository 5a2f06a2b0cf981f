/**
 * Where the fields of a snapshot are: SNAPSHOT.md as numbers. Offsets of a frame count from the frame,
 * those of a record from the record.
 */
import { crc32 } from 'node:zlib';

export const MAGIC: readonly number[] = [0x89, 0x4b, 0x56, 0x53, 0x4e, 0x41, 0x50, 0x0a];
export const VERSION = 1;

export const HEADER_BYTES = 48;
/** No version's header is longer, so a reader of any version can check any header. */
export const HEADER_BYTES_MAX = 4096;
/** Magic, version, length and flags: the same in every version. */
export const HEADER_FIXED_BYTES = 16;
export const HEADER = {
  version: 8,
  length: 10,
  flags: 12,
  id: 16,
  createdAt: 24,
  entriesExpected: 32,
  reserved: 40,
  checksum: 44,
} as const;

export const FRAME_BYTES = 24;
export const FRAME = {
  kind: 0,
  flags: 1,
  reserved: 2,
  index: 4,
  length: 8,
  records: 12,
  payloadChecksum: 16,
  checksum: 20,
} as const;
export const KIND_RECORDS = 1;
export const KIND_FOOTER = 2;

export const FOOTER_BYTES = 24;
export const FOOTER = { records: 0, blocks: 8, fileBytes: 16 } as const;

export const RECORD_BYTES = 12;
export const DEADLINE_BYTES = 8;
export const RECORD = {
  type: 0,
  encoding: 1,
  database: 2,
  key: 4,
  value: 8,
  deadline: 12,
} as const;
export const KEY_LENGTH_BITS = 0x1fff_ffff;
export const KEY_RESERVED_BITS = 0x6000_0000;
export const KEY_DEADLINE_BIT = 0x8000_0000;

const TWO_32 = 2 ** 32;

/** Writes an integer of up to 53 bits into 8 bytes. */
export function writeU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % TWO_32, true);
  view.setUint32(offset + 4, Math.floor(value / TWO_32), true);
}

/** Reads 8 bytes; more than 2^53-1 comes out inexact but larger, so that a comparison shows it. */
export function readU64(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * TWO_32;
}

export interface HeaderFields {
  readonly id: Uint8Array;
  readonly createdAt: number;
  readonly entriesExpected: number;
}

/** The file's first bytes. Their last four are the salt of all later checksums. */
export function encodeHeader(fields: HeaderFields): { bytes: Uint8Array; salt: number } {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(HEADER.version, VERSION, true);
  view.setUint16(HEADER.length, HEADER_BYTES, true);
  bytes.set(fields.id, HEADER.id);
  writeU64(view, HEADER.createdAt, fields.createdAt);
  writeU64(view, HEADER.entriesExpected, fields.entriesExpected);
  const salt = crc32(bytes.subarray(0, HEADER.checksum));
  view.setUint32(HEADER.checksum, salt, true);
  return { bytes, salt };
}

export interface FrameFields {
  readonly kind: number;
  readonly index: number;
  readonly length: number;
  readonly records: number;
  readonly payloadChecksum: number;
}

/** Writes a frame into the 24 bytes of `bytes` from `at` on, which `view` looks at too. */
export function writeFrame(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  salt: number,
  frame: FrameFields,
): void {
  view.setUint32(at, frame.kind, true);
  view.setUint32(at + FRAME.index, frame.index, true);
  view.setUint32(at + FRAME.length, frame.length, true);
  view.setUint32(at + FRAME.records, frame.records, true);
  view.setUint32(at + FRAME.payloadChecksum, frame.payloadChecksum, true);
  const checksum = crc32(bytes.subarray(at, at + FRAME.checksum), salt);
  view.setUint32(at + FRAME.checksum, checksum, true);
}

/** The footer, frame and all. `offset` is where in the file it begins. */
export function encodeFooter(
  salt: number,
  counts: { readonly records: number; readonly blocks: number; readonly offset: number },
): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES + FOOTER_BYTES);
  const payload = new DataView(bytes.buffer, FRAME_BYTES);
  writeU64(payload, FOOTER.records, counts.records);
  writeU64(payload, FOOTER.blocks, counts.blocks);
  writeU64(payload, FOOTER.fileBytes, counts.offset + bytes.length);
  writeFrame(bytes, new DataView(bytes.buffer), 0, salt, {
    kind: KIND_FOOTER,
    index: counts.blocks,
    length: FOOTER_BYTES,
    records: 0,
    payloadChecksum: crc32(bytes.subarray(FRAME_BYTES), salt),
  });
  return bytes;
}
