import { join } from 'node:path';
import { hasCode, ID_BYTES, syncDirectory } from '../directory.ts';
import type { Environment } from '../environment.ts';
import type { OpenFile } from '../file-system.ts';
import { IO_CHUNK_BYTES_MAX } from '../limits.ts';
import { asLogError, LogDamagedError, type LogError } from './log-errors.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES } from './log-layout.ts';
import {
  baseName,
  isLogFileName,
  type LogFile,
  MANIFEST,
  type Manifest,
  NO_LOG,
  readManifest,
  replaceManifest,
  segmentName,
} from './manifest.ts';
import type { LogPart, LogTail } from './read-log.ts';
import { SegmentFile } from './segment-file.ts';

type Disk = Pick<Environment, 'fs' | 'randomBytes'>;

/** Makes a segment that holds nothing, and makes it and its name durable. */
export async function createSegment(
  { fs, randomBytes }: Disk,
  directory: string,
  number: number,
): Promise<{ readonly file: LogFile; readonly segment: SegmentFile }> {
  const path = join(directory, segmentName(number));
  const id = randomBytes(ID_BYTES);
  const { bytes, salt } = encodeSegmentHeader(number, id);
  const open = await fs.createFile(path);
  try {
    await writeWhole(open, bytes, 0);
    await open.sync();
    await syncDirectory(fs, directory);
  } catch (error) {
    await open.close().catch(() => undefined);
    await fs.removeFile(path).catch(() => undefined);
    throw error;
  }
  const segment = new SegmentFile(path, open, salt, bytes.length);
  return { file: { number, id: Buffer.from(id).toString('hex') }, segment };
}

/**
 * Makes durable what was replayed, and may have been read from the system's memory only. It is written again:
 * where an fsync has failed before, the system takes for written what is not, and another fsync does nothing.
 */
export async function secure({ fs }: Disk, parts: readonly LogPart[]): Promise<void> {
  for (const { path, from, to } of parts) {
    const open = await fs.reopenFile(path);
    try {
      const chunk = new Uint8Array(Math.min(IO_CHUNK_BYTES_MAX, to - from));
      for (let at = from; at < to; ) {
        const read = await open.read(chunk.subarray(0, to - at), at);
        if (read === 0) throw new Error(`${path} became shorter`);
        await writeWhole(open, chunk.subarray(0, read), at);
        at += read;
      }
      await open.sync();
    } finally {
      await open.close().catch(() => undefined);
    }
  }
}

async function writeWhole(open: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const written = await open.write(bytes.subarray(done), position + done);
    if (written === 0) throw new Error('the file system took no bytes');
    done += written;
  }
}

/** Opens a segment that was replayed, to go on behind its last record. What a crash has left there is cut off. */
export async function reopenSegment({ fs }: Disk, tail: LogTail): Promise<SegmentFile> {
  const open = await fs.reopenFile(tail.path);
  try {
    if (tail.tornBytes + tail.roomBytes > 0) await open.truncate(tail.offset);
    await open.sync();
    return new SegmentFile(tail.path, open, tail.salt, tail.offset);
  } catch (error) {
    await open.close().catch(() => undefined);
    throw error;
  }
}

/** Forgets the segments behind the log's tail: a rewrite has made them, and they were never begun. */
export async function dropUnused(
  disk: Disk,
  directory: string,
  manifest: Manifest,
  { segmentIndex }: LogTail,
): Promise<Manifest> {
  const unused = manifest.segments.slice(segmentIndex + 1);
  if (unused.length === 0) return manifest;
  const kept = { ...manifest, segments: manifest.segments.slice(0, segmentIndex + 1) };
  await replaceManifest(disk, directory, kept);
  const names = unused.map(({ number }) => segmentName(number));
  await removeFiles(disk, directory, names);
  return kept;
}

/**
 * Removes files of a log that the manifest does not name; answers which.
 *
 * @throws LogDamagedError if there is no manifest, and a segment that holds something
 */
export async function removeStrays(
  { fs }: Disk,
  directory: string,
  manifest: Manifest | typeof NO_LOG | undefined,
): Promise<string[]> {
  const named = new Set(typeof manifest === 'object' ? filesOf(manifest) : []);
  const files = await fs.listFiles(directory);
  const strays = files.filter(
    (file) => isLogFileName(file) && file !== MANIFEST && !named.has(file),
  );
  if (manifest === undefined) await checkUnnamed(fs, directory, strays);
  for (const stray of strays) await fs.removeFile(join(directory, stray));
  return strays;
}

export function filesOf({ base, segments }: Manifest): string[] {
  return [baseName(base.number), ...segments.map(({ number }) => segmentName(number))];
}

/**
 * Makes sure that a directory without a manifest is one without a log.
 *
 * @throws LogDamagedError there is a segment that holds something
 */
export async function assertNoRecords(fs: Disk['fs'], directory: string): Promise<undefined> {
  const files = await fs.listFiles(directory).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  await checkUnnamed(fs, directory, files.filter(isLogFileName));
}

/** A log begins and ends with a manifest that says so: if there is none, it was lost. */
async function checkUnnamed(
  fs: Disk['fs'],
  directory: string,
  files: readonly string[],
): Promise<void> {
  for (const name of files.filter((file) => file.startsWith('segment-'))) {
    const path = join(directory, name);
    const open = await fs.openFile(path);
    const size = await open.size().finally(() => open.close());
    if (size <= SEGMENT_HEADER_BYTES) continue;
    const reason = `it holds records, and ${join(directory, MANIFEST)} is missing`;
    throw new LogDamagedError({ path, byteOffset: 0, reason });
  }
}

/**
 * Makes the manifest say that there is no log. Answers why that failed, and whether there still is one, as far as
 * can be seen; `undefined` if it did not fail.
 */
export async function unlist(
  disk: Disk,
  directory: string,
): Promise<{ readonly error: LogError; readonly isListed: boolean } | undefined> {
  try {
    await replaceManifest(disk, directory, NO_LOG);
    return undefined;
  } catch (error) {
    const isListed = await readManifest(disk.fs, directory).then(
      (found) => typeof found === 'object',
      () => true,
    );
    return { error: asLogError(error, directory, 'write'), isListed };
  }
}

/** Removes the files of `old` that `now` does not name. */
export async function removeReplaced(
  disk: Disk,
  directory: string,
  old: Manifest,
  now: Manifest,
): Promise<void> {
  const named = new Set(filesOf(now));
  await removeFiles(
    disk,
    directory,
    filesOf(old).filter((file) => !named.has(file)),
  );
}

/** Removes files, those that are gone already excepted. */
export async function removeFiles(
  { fs }: Disk,
  directory: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await fs.removeFile(join(directory, name)).catch((error) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
  }
}
