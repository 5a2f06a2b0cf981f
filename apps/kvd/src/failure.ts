import { ConfigError } from './config/config-error.ts';
import { ExitCode } from './exit-codes.ts';
import { DatabaseRangeError } from './map-keyspaces.ts';

/** How a failed start ends: a sentence for people and an exit code for scripts. */
export interface Failure {
  readonly exitCode: ExitCode;
  readonly message: string;
}

interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
}

const NOT_PERMITTED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Explains why kvd did not start. `undefined`: a mistake in the program, which must crash. */
export function explainFailure(error: unknown): Failure | undefined {
  if (error instanceof ConfigError)
    return {
      exitCode: error.code === 'USAGE' ? ExitCode.USAGE : ExitCode.CONFIG,
      message: error.message,
    };
  if (!(error instanceof Error)) return undefined;
  const { code = '', syscall } = error as SystemError;
  if (syscall === 'listen' || syscall === 'getaddrinfo') return explainListen(error);
  return explainSnapshot(error, code);
}

function explainListen(error: SystemError): Failure {
  const { code = '', address = '', port } = error;
  const where = port === undefined || port < 0 ? address : `${address} port ${port}`;
  if (code === 'EADDRINUSE')
    return {
      exitCode: ExitCode.BUSY,
      message: `cannot listen on ${where}: it is in use, perhaps by another kvd. Stop that one, or choose another with --port`,
    };
  if (NOT_PERMITTED.has(code))
    return {
      exitCode: ExitCode.PERMISSION,
      message: `cannot listen on ${where}: not permitted. Ports below 1024 need privileges; choose another with --port`,
    };
  return {
    exitCode: ExitCode.CONFIG,
    message: `cannot listen on ${where}: ${error.message}. Check --bind`,
  };
}

function explainSnapshot(error: Error, code: string): Failure | undefined {
  const cause = error.cause as SystemError | undefined;
  switch (code) {
    case 'SNAPSHOT_DAMAGED':
      return {
        exitCode: ExitCode.DATA,
        message: `${error.message}. Nothing was changed; restore the file from a backup, or move it away to start empty`,
      };
    case 'SNAPSHOT_NEWER':
    case 'SNAPSHOT_FOREIGN':
      return { exitCode: ExitCode.DATA, message: error.message };
    case 'RESTORE_FAILED':
      if (cause instanceof DatabaseRangeError)
        return { exitCode: ExitCode.CONFIG, message: cause.message };
      return { exitCode: ExitCode.DATA, message: error.message };
    case 'SNAPSHOT_WRITE_FAILED':
    case 'SNAPSHOT_READ_FAILED':
      return NOT_PERMITTED.has(cause?.code ?? '')
        ? { exitCode: ExitCode.PERMISSION, message: `${error.message}. Choose another with --dir` }
        : { exitCode: ExitCode.IO, message: error.message };
    default:
      return undefined;
  }
}
