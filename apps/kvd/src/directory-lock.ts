import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ensureDirectory, nodeFileSystem } from '@kv/persistence';
import { processStamp } from './process-stamp.ts';

/** The file in the data directory that says which process has it. */
export const LOCK_FILE = 'kvd.lock';

/** An unfinished lock file younger than this is being written by another process at this moment. */
const UNFINISHED_MS = 2000;

/** Attempts at a lock that others are taking at the same time. */
const ATTEMPTS = 5;

/** Why a data directory can't be used. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
  /** `DIRECTORY_IN_USE`: another server has it. `DIRECTORY_UNUSABLE`: the system says no; see `cause`. */
  readonly code: 'DIRECTORY_IN_USE' | 'DIRECTORY_UNUSABLE';

  constructor(code: DataDirectoryError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Who holds a lock, as the file has it. */
interface Holder {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** When that process began, where the system tells; tells it from a later one with its number. */
  readonly process?: string | undefined;
}

/** A data directory that is this server's until `release`. */
export interface DirectoryLock {
  /** Whose lock was taken over: a process that ended without giving it up. */
  readonly takenOverFrom: { readonly pid: number; readonly host: string } | undefined;
  release(): void;
}

/** Ids of the locks of this process: a lock with its number and none of these is of a process before it. */
const ours = new Set<string>();

/**
 * Makes the data directory and takes it for this process. Two servers in one
 * directory would each replace the other's snapshot, and remove the temporary file of a
 * save of the other's.
 *
 * The lock is a file with the holder's process id. It outlives a process that was
 * killed; then the next one finds that there is no such process and takes it over. A
 * process of another machine (or container) can't be looked up, so its lock is taken
 * over too: keep one directory to one machine.
 *
 * @throws {@link DataDirectoryError}
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  try {
    await ensureDirectory(nodeFileSystem, directory);
    return take(join(directory, LOCK_FILE), directory);
  } catch (error) {
    if (error instanceof DataDirectoryError) throw error;
    const message = `cannot use the data directory ${directory}: ${(error as Error).message}`;
    throw new DataDirectoryError('DIRECTORY_UNUSABLE', message, { cause: error });
  }
}

/**
 * For who only reads: a daemon would go on writing meanwhile.
 *
 * @throws {@link DataDirectoryError} `DIRECTORY_IN_USE`
 */
export function assertNotInUse(directory: string): void {
  const path = join(directory, LOCK_FILE);
  const text = read(path);
  if (text === undefined) return;
  const holder = parse(text);
  if (holder === undefined ? isFresh(path) : isAlive(holder)) throw inUse(directory, path, holder);
}

function take(path: string, directory: string): DirectoryLock {
  const id = randomUUID();
  const holder: Holder = {
    id,
    pid: process.pid,
    host: hostname(),
    process: processStamp(process.pid)?.began,
  };
  let takenOverFrom: Holder | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(path, `${JSON.stringify(holder)}\n`)) {
      ours.add(id);
      return { takenOverFrom, release: () => release(path, id) };
    }
    const text = read(path);
    if (text === undefined) continue;
    const other = parse(text);
    if (other === undefined ? isFresh(path) : isAlive(other)) throw inUse(directory, path, other);
    if (removeExactly(path, text, id)) takenOverFrom = other;
  }
  throw inUse(directory, path, undefined);
}

function inUse(directory: string, path: string, holder: Holder | undefined): DataDirectoryError {
  const who = holder === undefined ? 'another kvd' : `another kvd, process ${holder.pid}`;
  return new DataDirectoryError(
    'DIRECTORY_IN_USE',
    `the data directory ${directory} is in use by ${who}. Stop that one, or choose another directory (${path} says who has it)`,
  );
}

/** False: there is one already. */
function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** `undefined`: it has just been given up. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder | null;
    return Number.isInteger(holder?.pid) ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function isFresh(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Math.abs(Date.now() - stats.mtimeMs) < UNFINISHED_MS;
}

function isAlive({ id, pid, host, process: began }: Holder): boolean {
  if (host !== hostname()) return false;
  const running = processStamp(pid);
  if (running === undefined) return false;
  if (began !== undefined && running.began !== undefined) return began === running.began;
  return pid !== process.pid || ours.has(id);
}

/**
 * Removes a stale lock, and only that: another process may have taken it over since it
 * was read, so it is moved away first and looked at once more. False: it was another one,
 * and has been put back.
 */
function removeExactly(path: string, text: string, id: string): boolean {
  const aside = `${path}.${id}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  const same = read(aside) === text;
  if (same) rmSync(aside, { force: true });
  else renameSync(aside, path);
  return same;
}

/** A lock that somebody else has taken over by force is left alone. */
function release(path: string, id: string): void {
  if (!ours.delete(id)) return;
  try {
    const text = read(path);
    if (text !== undefined && parse(text)?.id === id) rmSync(path, { force: true });
  } catch {
    // It stays, and the next server finds that this process is gone.
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
