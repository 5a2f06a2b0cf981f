import { describe } from '../errors.ts';

/** What can go wrong with a log, as `error.code`. The README lists what each means and what to do. */
export type LogErrorCode =
  | 'LOG_DAMAGED'
  | 'LOG_NEWER'
  | 'LOG_READ_FAILED'
  | 'LOG_WRITE_FAILED'
  | 'LOG_RESTORE_FAILED'
  | 'LOG_REWRITE_RUNNING'
  | 'LOG_REWRITE_ABORTED'
  | 'LOG_CLOSED'
  | 'FSYNC_INVALID';

/** Where an error happened, and what caused it. */
export interface LogErrorDetails {
  /** The file or directory. */
  readonly path?: string | undefined;
  readonly cause?: unknown;
}

/** Every error of a log. Programs look at `code`; `message` is for people. */
export class LogError extends Error {
  override readonly name: string = 'LogError';
  readonly code: LogErrorCode;
  readonly path: string | undefined;

  constructor(code: LogErrorCode, message: string, details: LogErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
  }
}

/** An error of the file system as one of the log; those of the log as they are. */
export function asLogError(
  error: unknown,
  path: string,
  what: 'read' | 'write' | 'rewrite',
): LogError {
  if (error instanceof LogError) return error;
  const code = what === 'read' ? 'LOG_READ_FAILED' : 'LOG_WRITE_FAILED';
  const message = `could not ${what} the log ${path}: ${describe(error)}`;
  return new LogError(code, message, { path, cause: error });
}

/** What does not fit in a damaged log, and where. */
export interface LogDamage {
  /** The file. */
  readonly path: string;
  /** Offset in the file of what does not fit. */
  readonly byteOffset: number;
  readonly reason: string;
  readonly cause?: unknown;
}

/** A log that is not what was written, other than by a crash. `code` is `LOG_DAMAGED`. */
export class LogDamagedError extends LogError {
  override readonly name: string = 'LogDamagedError';
  readonly byteOffset: number;
  readonly reason: string;

  constructor({ path, byteOffset, reason, cause }: LogDamage) {
    super('LOG_DAMAGED', `the log is damaged in ${path} at byte ${byteOffset}: ${reason}`, {
      path,
      cause,
    });
    this.byteOffset = byteOffset;
    this.reason = reason;
  }
}
