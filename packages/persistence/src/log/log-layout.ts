/**
 * Where the fields of a segment are: LOG.md as numbers. Offsets of a record count from the record, those of
 * an effect from the effect.
 */
import { crc32 } from 'node:zlib';
import { writeU64 } from '../layout.ts';

export const LOG_MAGIC: readonly number[] = [0x89, 0x4b, 0x56, 0x4c, 0x4f, 0x47, 0x53, 0x0a];
export const LOG_VERSION = 1;

export const SEGMENT_HEADER_BYTES = 40;
export const SEGMENT_HEADER = {
  version: 8,
  length: 10,
  flags: 12,
  id: 16,
  number: 24,
  reserved: 32,
  checksum: 36,
} as const;

export const LOG_RECORD_BYTES = 32;
export const LOG_RECORD = {
  kind: 0,
  length: 4,
  offset: 8,
  synced: 16,
  payloadChecksum: 24,
  checksum: 28,
} as const;
export const RECORD_EFFECTS = 1;
export const RECORD_MARK = 2;
export const RECORD_END = 3;
export type RecordKind = typeof RECORD_EFFECTS | typeof RECORD_MARK | typeof RECORD_END;

/** What fills the room behind the last record; no record begins so. */
export const ROOM_BYTE = 0xff;

export const EFFECT_BYTES = 16;
export const EFFECT = {
  kind: 0,
  type: 1,
  encoding: 2,
  reserved: 3,
  database: 4,
  reserved2: 6,
  key: 8,
  value: 12,
  deadline: 16,
} as const;
export const EFFECT_PUT = 1;
export const EFFECT_DEADLINE = 2;
export const EFFECT_REMOVE = 3;
export const EFFECT_FLUSH = 4;
export const EFFECT_SWAP = 5;
/** The value of a swap: the other database. */
export const SWAP_BYTES = 2;

/** The first bytes of a segment. Their last four are the salt of all later checksums. */
export function encodeSegmentHeader(
  number: number,
  id: Uint8Array,
): { readonly bytes: Uint8Array; readonly salt: number } {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(LOG_MAGIC);
  view.setUint16(SEGMENT_HEADER.version, LOG_VERSION, true);
  view.setUint16(SEGMENT_HEADER.length, SEGMENT_HEADER_BYTES, true);
  bytes.set(id, SEGMENT_HEADER.id);
  writeU64(view, SEGMENT_HEADER.number, number);
  const salt = crc32(bytes.subarray(0, SEGMENT_HEADER.checksum));
  view.setUint32(SEGMENT_HEADER.checksum, salt, true);
  return { bytes, salt };
}

/** What a record's head says besides what its payload tells. */
export interface RecordPlace {
  readonly salt: number;
  readonly offset: number;
  readonly synced: number;
}

/** Writes the head of the record that fills `bytes`, whose payload is there already. */
export function sealRecord(bytes: Uint8Array, kind: RecordKind, place: RecordPlace): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, LOG_RECORD_BYTES);
  view.setUint32(LOG_RECORD.kind, kind, true);
  view.setUint32(LOG_RECORD.length, bytes.length - LOG_RECORD_BYTES, true);
  writeU64(view, LOG_RECORD.offset, place.offset);
  writeU64(view, LOG_RECORD.synced, place.synced);
  const payloadChecksum = crc32(bytes.subarray(LOG_RECORD_BYTES), place.salt);
  view.setUint32(LOG_RECORD.payloadChecksum, payloadChecksum, true);
  const checksum = crc32(bytes.subarray(0, LOG_RECORD.checksum), place.salt);
  view.setUint32(LOG_RECORD.checksum, checksum, true);
}
