import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { hasCode, ID_BYTES, syncDirectory, temporaryName } from '../directory.ts';
import type { Environment } from '../environment.ts';
import type { FileSystem } from '../file-system.ts';
import { LogDamagedError, LogError } from './log-errors.ts';
import { LOG_VERSION } from './log-layout.ts';
import { LOG_SEGMENT_NUMBER_MAX } from './log-limits.ts';

export const MANIFEST = 'manifest';
/** A log of a million segments has a longer one; nobody rewrites that seldom. */
const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;

/** A file of a log: its number, and the id in its header, as 16 hexadecimal digits. */
export interface LogFile {
  readonly number: number;
  readonly id: string;
}

/** Which files are the log. */
export interface Manifest {
  readonly base: LogFile;
  /** At least one. The first has the base's number, and each further one a higher one. */
  readonly segments: readonly LogFile[];
}

export function baseName(number: number): string {
  return `base-${number}.kv`;
}

export function segmentName(number: number): string {
  return `segment-${number}.kvlog`;
}

/** Says whether a name is one that a log gives its files, temporary ones among them. */
export function isLogFileName(name: string): boolean {
  return /^(base-\d+\.kv|segment-\d+\.kvlog|manifest)(\.tmp-[0-9a-f]{16})?$/.test(name);
}

/** That there is no log: one is being begun, or has been ended. Other files in the directory are remains. */
export const NO_LOG = 'none';

/** The text of a manifest. */
export function formatManifest(manifest: Manifest | typeof NO_LOG): string {
  const lines = [`kv-log ${LOG_VERSION}\n`, ...linesOf(manifest)].join('');
  return `${lines}crc32 ${checksumOf(lines)}\n`;
}

function linesOf(manifest: Manifest | typeof NO_LOG): string[] {
  if (manifest === NO_LOG) return [`${NO_LOG}\n`];
  const { base, segments } = manifest;
  return [
    `base ${base.number} ${base.id}\n`,
    ...segments.map(({ number, id }) => `segment ${number} ${id}\n`),
  ];
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/**
 * Reads a manifest's text.
 *
 * @throws LogDamagedError; LogError `LOG_NEWER`
 */
export function parseManifest(text: string, path: string): Manifest | typeof NO_LOG {
  const damaged = (reason: string) => new LogDamagedError({ path, byteOffset: 0, reason });
  const [, lines, checksum] = /^((?:[^\n]*\n)*?)crc32 ([0-9a-f]{8})\n$/.exec(text) ?? [];
  if (lines === undefined || checksum === undefined)
    throw damaged('the manifest does not end with its checksum');
  if (checksumOf(lines) !== checksum) throw damaged('the checksum of the manifest differs');
  const [first = '', second = '', ...rest] = lines.split('\n').slice(0, -1);
  const version = /^kv-log (\d+)$/.exec(first)?.[1];
  if (version !== undefined && Number(version) > LOG_VERSION)
    throw new LogError(
      'LOG_NEWER',
      `the log of ${path} has version ${version}; this program reads version ${LOG_VERSION}`,
      { path },
    );
  if (second === NO_LOG && rest.length === 0) return NO_LOG;
  const base = fileOf(second, 'base');
  const segments = rest.map((line) => fileOf(line, 'segment'));
  const isWhole =
    version === String(LOG_VERSION) &&
    base !== undefined &&
    segments[0]?.number === base.number &&
    segments.every((segment, i) => isHigher(segment, segments[i - 1]));
  if (!isWhole) throw damaged('the manifest makes no sense');
  return { base, segments: segments as LogFile[] };
}

function isHigher(segment: LogFile | undefined, before: LogFile | undefined): boolean {
  return segment !== undefined && segment.number > (before?.number ?? 0);
}

function fileOf(line: string, kind: string): LogFile | undefined {
  const [, word, digits, id] = /^(base|segment) ([1-9]\d*) ([0-9a-f]{16})$/.exec(line) ?? [];
  const number = Number(digits);
  if (word !== kind || id === undefined || number > LOG_SEGMENT_NUMBER_MAX) return undefined;
  return { number, id };
}

/** The manifest of a directory; `undefined` when there is none, not even one that says so. */
export async function readManifest(
  fs: FileSystem,
  directory: string,
): Promise<Manifest | typeof NO_LOG | undefined> {
  const path = join(directory, MANIFEST);
  const bytes = await readWhole(fs, path);
  // Each byte as a character, so that a changed one changes the text.
  return bytes && parseManifest(Buffer.from(bytes).toString('latin1'), path);
}

async function readWhole(fs: FileSystem, path: string): Promise<Uint8Array | undefined> {
  let file: Awaited<ReturnType<FileSystem['openFile']>>;
  try {
    file = await fs.openFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const size = await file.size();
    if (size > MANIFEST_BYTES_MAX)
      throw new LogDamagedError({ path, byteOffset: 0, reason: `the manifest has ${size} bytes` });
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size; ) {
      const read = await file.read(bytes.subarray(done), done);
      if (read === 0)
        throw new LogDamagedError({ path, byteOffset: done, reason: 'it became shorter' });
      done += read;
    }
    return bytes;
  } finally {
    await file.close().catch(() => undefined);
  }
}

/** Replaces the manifest of a directory: the old one or the new one is there at every moment. */
export async function replaceManifest(
  { fs, randomBytes }: Pick<Environment, 'fs' | 'randomBytes'>,
  directory: string,
  manifest: Manifest | typeof NO_LOG,
): Promise<void> {
  const temporary = join(directory, temporaryName(MANIFEST, randomBytes(ID_BYTES)));
  const file = await fs.createFile(temporary);
  try {
    try {
      const bytes = Buffer.from(formatManifest(manifest), 'latin1');
      for (let done = 0; done < bytes.length; ) {
        const written = await file.write(bytes.subarray(done), done);
        if (written === 0) throw new Error('the file system took no bytes');
        done += written;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, join(directory, MANIFEST));
  } catch (error) {
    await fs.removeFile(temporary).catch(() => undefined);
    throw error;
  }
  await syncDirectory(fs, directory);
}
