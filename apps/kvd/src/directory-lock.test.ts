import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import { DataDirectoryError, LOCK_FILE, lockDirectory } from './directory-lock.ts';
import { processStamp } from './process-stamp.ts';

const root = temporaryDirectory();
let directories = 0;
const fresh = () => join(root, String(directories++));

/** A directory in which there is a lock with this text. */
async function withLock(text: string): Promise<{ directory: string; path: string }> {
  const directory = fresh();
  const lock = await lockDirectory(directory);
  lock.release();
  const path = join(directory, LOCK_FILE);
  writeFileSync(path, text);
  return { directory, path };
}

const holder = (more: object) => JSON.stringify({ id: 'x', pid: 1, host: hostname(), ...more });

/** The number of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'close');
  return child.pid as number;
}

describe('the lock of a data directory', () => {
  it('makes the directory, for its owner only, and is gone when it is given up', async () => {
    const directory = join(fresh(), 'deeper');
    const lock = await lockDirectory(directory);
    expect(lock.takenOverFrom).toBeUndefined();
    const path = join(directory, LOCK_FILE);
    if (process.platform !== 'win32') {
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
    lock.release();
    expect(readdirSync(directory)).toStrictEqual([]);
  });

  it('is refused to a second server, of the same process too, until it is given up', async () => {
    const directory = fresh();
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' });
    expect(existsSync(join(directory, LOCK_FILE))).toBe(true);
    lock.release();
    (await lockDirectory(directory)).release();
  });

  it('is refused while the process that it names runs', async () => {
    const pid = process.ppid;
    const { directory } = await withLock(holder({ pid, process: processStamp(pid)?.began }));
    await expect(lockDirectory(directory)).rejects.toThrow(String(pid));
  });

  it('is taken over from a process that is gone', async () => {
    const pid = await endedPid();
    const { directory, path } = await withLock(holder({ pid }));
    const lock = await lockDirectory(directory);
    expect(lock.takenOverFrom).toMatchObject({ pid });
    expect(readdirSync(directory)).toStrictEqual([LOCK_FILE]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
  });

  it('is taken over from a process whose number another one has now', async () => {
    const { directory } = await withLock(holder({ pid: process.pid }));
    // In a container kvd has the same number after every restart.
    const text = holder({ pid: process.pid, process: 'an earlier boot/7' });
    writeFileSync(join(directory, LOCK_FILE), text);
    (await lockDirectory(directory)).release();
  });

  it('is taken over from another machine, where no process can be looked up', async () => {
    const { directory } = await withLock(holder({ pid: process.ppid, host: 'elsewhere' }));
    const lock = await lockDirectory(directory);
    expect(lock.takenOverFrom).toMatchObject({ host: 'elsewhere' });
    lock.release();
  });

  it.each(['', 'no JSON', 'null', '{"pid":"x"}'])(
    'that makes no sense is another one being written at first, and taken over later: %j',
    async (text) => {
      const { directory, path } = await withLock(text);
      await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' });
      utimesSync(path, new Date(0), new Date(0));
      (await lockDirectory(directory)).release();
    },
  );

  it('that somebody else has taken by force is left alone', async () => {
    const directory = fresh();
    const path = join(directory, LOCK_FILE);
    const lock = await lockDirectory(directory);
    writeFileSync(path, holder({ id: 'another' }));
    lock.release();
    expect(readFileSync(path, 'utf8')).toContain('another');
  });

  it('goes to one of many that find a stale one at the same time', async () => {
    const { directory } = await withLock(holder({ pid: await endedPid() }));
    const taken = await Promise.allSettled(
      Array.from({ length: 9 }, () => lockDirectory(directory)),
    );
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('can not be taken where no directory can be', async () => {
    const file = fresh();
    writeFileSync(file, '');
    const attempt = lockDirectory(join(file, 'data'));
    await expect(attempt).rejects.toBeInstanceOf(DataDirectoryError);
    await expect(attempt).rejects.toMatchObject({ code: 'DIRECTORY_UNUSABLE' });
  });
});
