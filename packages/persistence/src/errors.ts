/**
 * What can go wrong, as `error.code`. The README lists what each means and what to do.
 */
export type SnapshotErrorCode =
  | 'SNAPSHOT_WRITE_FAILED'
  | 'SNAPSHOT_READ_FAILED'
  | 'SNAPSHOT_DAMAGED'
  | 'SNAPSHOT_NEWER'
  | 'SNAPSHOT_FOREIGN'
  | 'RESTORE_FAILED'
  | 'ENTRY_OUT_OF_RANGE'
  | 'KEY_NOT_ENCODABLE'
  | 'SAVE_IN_PROGRESS'
  | 'SAVE_ABORTED'
  | 'SAVE_POINTS_INVALID'
  | 'FILE_NAME_INVALID'
  | 'LINE_INVALID'
  | 'SNAPSHOTS_CLOSED';

/** Where an error happened, and what caused it. */
export interface SnapshotErrorDetails {
  /** The snapshot's path, where there is one. */
  readonly path?: string | undefined;
  /** The error underneath: of the file system, of the sink, of the source, or an abort's reason. */
  readonly cause?: unknown;
}

/**
 * Every error of this package. Programs look at `code`; `message` is for people.
 *
 * @example
 * try {
 *   await keeper.save();
 * } catch (error) {
 *   if (error instanceof SnapshotError && error.code === 'SAVE_IN_PROGRESS') return;
 *   throw error;
 * }
 */
export class SnapshotError extends Error {
  override readonly name: string = 'SnapshotError';
  readonly code: SnapshotErrorCode;
  readonly path: string | undefined;

  constructor(code: SnapshotErrorCode, message: string, details: SnapshotErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
  }
}

/** What does not fit in a damaged file, and where. */
export interface Damage {
  readonly path: string;
  /** Index of the block, counted from 0; `undefined` for the file's header. */
  readonly blockIndex: number | undefined;
  /** Offset in the file of the header, frame or record that does not fit. */
  readonly byteOffset: number;
  /** What did not fit, in words. */
  readonly reason: string;
}

/** A snapshot that is not what was written. `code` is `SNAPSHOT_DAMAGED`. */
export class SnapshotDamagedError extends SnapshotError {
  override readonly name: string = 'SnapshotDamagedError';
  /** Index of the block, counted from 0; `undefined` for the file's header. */
  readonly blockIndex: number | undefined;
  /** Offset in the file of the header, frame or record that does not fit. */
  readonly byteOffset: number;
  /** What did not fit, in words. */
  readonly reason: string;

  constructor(damage: Damage) {
    const where = damage.blockIndex === undefined ? 'header' : `block ${damage.blockIndex}`;
    super(
      'SNAPSHOT_DAMAGED',
      `snapshot ${damage.path} is damaged in ${where} at byte ${damage.byteOffset}: ${damage.reason}`,
      { path: damage.path },
    );
    this.blockIndex = damage.blockIndex;
    this.byteOffset = damage.byteOffset;
    this.reason = damage.reason;
  }
}

/** What an unknown thrown thing says of itself. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
