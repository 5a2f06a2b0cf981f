import { isIP } from 'node:net';
import { ConfigError } from './config/config-error.ts';
import { DataDirectoryError } from './directory-lock.ts';
import { DatabaseRangeError } from './engine.ts';
import { ExitCode } from './exit-codes.ts';
import { LOG_DIRECTORY } from './log-directory.ts';
import { InputError } from './tools/input-error.ts';

/** How a failed start ends: a sentence for people and an exit code for scripts. */
export interface Failure {
  readonly exitCode: ExitCode;
  readonly message: string;
}

interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly hostname?: string;
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
  if (error instanceof DataDirectoryError) return explainDirectory(error);
  if (error instanceof InputError)
    return { exitCode: systemExitCode(error.cause), message: error.message };
  if (!(error instanceof Error)) return undefined;
  const { code = '', syscall, address = '', hostname, port } = error as SystemError;
  if (syscall === 'getaddrinfo')
    return {
      exitCode: ExitCode.CONFIG,
      message: `cannot listen on ${hostname}: there is no such address (${code}). Check --bind`,
    };
  if (syscall !== 'listen') return explainSnapshot(error, code);
  if (isIP(address) === 0) return explainSocketPath(error, code, address);
  return explainPort(error, code, address, port);
}

function explainDirectory(error: DataDirectoryError): Failure {
  if (error.code === 'DIRECTORY_IN_USE') return { exitCode: ExitCode.BUSY, message: error.message };
  return {
    exitCode: systemExitCode(error.cause),
    message: `${error.message}. Choose another directory; a server's is --dir`,
  };
}

function systemExitCode(cause: unknown): ExitCode {
  const { code = '' } = (cause ?? {}) as SystemError;
  return NOT_PERMITTED.has(code) ? ExitCode.PERMISSION : ExitCode.IO;
}

function explainPort(
  error: Error,
  code: string,
  address: string,
  port: number | undefined,
): Failure {
  // An error of port 0 has none.
  const where = port === undefined ? address : `${address} port ${port}`;
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
  if (code === 'EADDRNOTAVAIL')
    return {
      exitCode: ExitCode.CONFIG,
      message: `cannot listen on ${where}: this machine does not have that address. Check --bind; with a dash before it (-${address}) it may be missing`,
    };
  return {
    exitCode: ExitCode.CONFIG,
    message: `cannot listen on ${where}: ${error.message}. Check --bind`,
  };
}

function explainSocketPath(error: Error, code: string, path: string): Failure {
  const where = `cannot listen on the Unix socket ${path}`;
  if (code === 'EADDRINUSE')
    return {
      exitCode: ExitCode.BUSY,
      message: `${where}: the path is in use, by a server or by a file that is no socket. Choose another with --unixsocket`,
    };
  // The system's library says EACCES for a missing directory too.
  if (NOT_PERMITTED.has(code))
    return {
      exitCode: ExitCode.PERMISSION,
      message: `${where}: its directory is missing or not writable. Choose another with --unixsocket`,
    };
  return {
    exitCode: ExitCode.CONFIG,
    message: `${where}: ${error.message}. Check --unixsocket; a path of more than about 100 characters is too long`,
  };
}

function explainSnapshot(error: Error, code: string): Failure | undefined {
  const cause = error.cause as SystemError | undefined;
  switch (code) {
    case 'SNAPSHOT_DAMAGED':
      return {
        exitCode: ExitCode.DATA,
        message: `${error.message}. Nothing was changed; restore the file from a backup, let \`kvd check DIR --repair COPY\` save what is sound, or move it away to start empty`,
      };
    case 'LOG_DAMAGED':
      return {
        exitCode: ExitCode.DATA,
        message: `${error.message}. Nothing was changed; restore the directory ${LOG_DIRECTORY} from a backup, let \`kvd check DIR --repair COPY\` save what is sound, or move it away to start from the last snapshot`,
      };
    case 'LINE_INVALID':
      return { exitCode: ExitCode.DATA, message: `${error.message}. Nothing was written` };
    case 'SNAPSHOT_NEWER':
    case 'LOG_NEWER':
      return { exitCode: ExitCode.DATA, message: `${error.message}. Upgrade kvd` };
    case 'RESTORE_FAILED':
    case 'LOG_RESTORE_FAILED':
      if (cause instanceof DatabaseRangeError)
        return { exitCode: ExitCode.CONFIG, message: cause.message };
      return { exitCode: ExitCode.DATA, message: error.message };
    case 'SNAPSHOT_WRITE_FAILED':
    case 'SNAPSHOT_READ_FAILED':
    case 'LOG_READ_FAILED':
    case 'LOG_WRITE_FAILED':
      return { exitCode: systemExitCode(cause), message: error.message };
    default:
      return undefined;
  }
}
