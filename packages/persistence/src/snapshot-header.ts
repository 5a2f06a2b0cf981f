import { crc32 } from 'node:zlib';
import { SnapshotDamagedError, SnapshotError } from './errors.ts';
import {
  HEADER,
  HEADER_BYTES,
  HEADER_BYTES_MAX,
  HEADER_FIXED_BYTES,
  MAGIC,
  readU64,
  VERSION,
} from './layout.ts';

/** The header's fields. */
export interface SnapshotHeader {
  /** Version of the format. */
  readonly version: number;
  /** The snapshot's random id, as 16 hexadecimal digits. */
  readonly id: string;
  /** When the view was frozen, Unix milliseconds. */
  readonly createdAt: number;
  /** A hint, not a promise. */
  readonly entriesExpected: number;
}

/**
 * Checks a header, and says what is in it, and the salt of all later checksums.
 *
 * @param available - how many of the bytes are the file's
 */
export function parseHeader(
  path: string,
  bytes: Uint8Array,
  available: number,
): SnapshotHeader & { readonly salt: number } {
  const damaged = (reason: string): never => {
    throw new SnapshotDamagedError({ path, blockIndex: undefined, byteOffset: 0, reason });
  };
  if (available < HEADER_FIXED_BYTES) damaged('the file ends inside its header');
  const view = new DataView(bytes.buffer);
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) damaged('it does not begin as a snapshot does');
  const version = view.getUint16(HEADER.version, true);
  const length = view.getUint16(HEADER.length, true);
  if (length < HEADER_BYTES || length > HEADER_BYTES_MAX) {
    damaged(`the header's length is ${length}`);
  }
  if (length > available) damaged('the file ends inside its header');
  const salt = view.getUint32(length - 4, true);
  if (crc32(bytes.subarray(0, length - 4)) !== salt) damaged('the checksum of the header differs');
  const flags = view.getUint32(HEADER.flags, true);
  if (version > VERSION || flags !== 0) throw newer(path, version, flags);
  const createdAt = readU64(view, HEADER.createdAt);
  const entriesExpected = readU64(view, HEADER.entriesExpected);
  if (
    version !== VERSION ||
    length !== HEADER_BYTES ||
    view.getUint32(HEADER.reserved, true) !== 0 ||
    !Number.isSafeInteger(createdAt) ||
    !Number.isSafeInteger(entriesExpected)
  ) {
    damaged('a field of the header has a value that is not allowed');
  }
  const id = Buffer.from(bytes.subarray(HEADER.id, HEADER.createdAt)).toString('hex');
  return { version, id, createdAt, entriesExpected, salt };
}

function newer(path: string, version: number, flags: number): SnapshotError {
  return new SnapshotError(
    'SNAPSHOT_NEWER',
    `snapshot ${path} has version ${version} and flags ${flags}; this program reads version ${VERSION} and flags 0`,
    { path },
  );
}
