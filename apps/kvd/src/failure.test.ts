import { SnapshotError, type SnapshotErrorCode } from '@kv/persistence';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config/config-error.ts';
import { DataDirectoryError } from './directory-lock.ts';
import { DatabaseRangeError } from './engine.ts';
import { ExitCode } from './exit-codes.ts';
import { explainFailure } from './failure.ts';

const system = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: as the system says`), { code, ...more });
const listening = (code: string, more: object = { address: '127.0.0.1', port: 7 }) =>
  system(code, { syscall: 'listen', ...more });
const snapshot = (code: SnapshotErrorCode, cause?: Error) =>
  new SnapshotError(code, `about data/snapshot.kv`, { cause });
const directory = (code: DataDirectoryError['code'], cause?: Error) =>
  new DataDirectoryError(code, 'about ./data', { cause });
const path = { address: '/run/kvd.sock' };

describe('a failed start', () => {
  it.each([
    ['a command line', new ConfigError('USAGE', '--prot'), ExitCode.USAGE, '--prot'],
    ['a configuration', new ConfigError('CONFIG', 'KVD_PORT'), ExitCode.CONFIG, 'KVD_PORT'],
    ['a port in use', listening('EADDRINUSE'), ExitCode.BUSY, '127.0.0.1 port 7'],
    ['a port for the privileged', listening('EACCES'), ExitCode.PERMISSION, '--port'],
    ['an address elsewhere', listening('EADDRNOTAVAIL'), ExitCode.CONFIG, '--bind'],
    [
      'an address without a port',
      listening('EADDRNOTAVAIL', { address: '::2' }),
      ExitCode.CONFIG,
      '::2:',
    ],
    ['another trouble of a port', listening('EINVAL'), ExitCode.CONFIG, 'EINVAL'],
    [
      'a name that is none',
      system('ENOTFOUND', { syscall: 'getaddrinfo', hostname: 'nohost' }),
      ExitCode.CONFIG,
      'nohost',
    ],
    ['a path in use', listening('EADDRINUSE', path), ExitCode.BUSY, '/run/kvd.sock'],
    ['a path that may not be made', listening('EACCES', path), ExitCode.PERMISSION, '--unixsocket'],
    ['a path that is too long', listening('EINVAL', path), ExitCode.CONFIG, 'too long'],
    ['a directory in use', directory('DIRECTORY_IN_USE'), ExitCode.BUSY, './data'],
    [
      'a directory for others',
      directory('DIRECTORY_UNUSABLE', system('EACCES')),
      ExitCode.PERMISSION,
      '--dir',
    ],
    [
      'a read-only disk',
      directory('DIRECTORY_UNUSABLE', system('EROFS')),
      ExitCode.PERMISSION,
      '--dir',
    ],
    ['a broken disk', directory('DIRECTORY_UNUSABLE', system('EIO')), ExitCode.IO, './data'],
    ['damage', snapshot('SNAPSHOT_DAMAGED'), ExitCode.DATA, 'backup'],
    ['a newer snapshot', snapshot('SNAPSHOT_NEWER'), ExitCode.DATA, 'Upgrade'],
    [
      'an entry that does not fit',
      snapshot('RESTORE_FAILED', new Error('x')),
      ExitCode.DATA,
      'snapshot.kv',
    ],
    [
      'too few databases',
      snapshot('RESTORE_FAILED', new DatabaseRangeError(9, 4)),
      ExitCode.CONFIG,
      '--databases 10',
    ],
    [
      'a file for others',
      snapshot('SNAPSHOT_READ_FAILED', system('EACCES')),
      ExitCode.PERMISSION,
      'snapshot.kv',
    ],
    [
      'a full disk',
      snapshot('SNAPSHOT_WRITE_FAILED', system('ENOSPC')),
      ExitCode.IO,
      'snapshot.kv',
    ],
  ])('because of %s says so', (_name, error, exitCode, part) => {
    const failure = explainFailure(error);
    expect(failure?.exitCode).toBe(exitCode);
    expect(failure?.message).toContain(part);
  });

  it.each([[new TypeError('a mistake')], ['no error'], [system('EWHAT')]])(
    'that is a mistake of the program is not explained away: %s',
    (error) => expect(explainFailure(error)).toBeUndefined(),
  );
});
