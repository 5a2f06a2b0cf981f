import { dirname } from 'node:path';
import type { FileSystem, OpenFile } from '../src/file-system.ts';

/** What a disk writes at once: a crash keeps each whole or not at all. */
const SECTOR_BYTES = 512;

/** A change of a file that no fsync has covered yet. */
type Unsynced =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

/** A file: what is on the disk, what reading shows, and the changes between the two. */
class Inode {
  disk: Uint8Array = new Uint8Array(0);
  cache: Uint8Array = new Uint8Array(0);
  unsynced: Unsynced[] = [];

  write(bytes: Uint8Array, position: number): void {
    this.cache = written(this.cache, bytes, position);
    this.unsynced.push({ kind: 'write', position, bytes: bytes.slice() });
  }

  truncate(length: number): void {
    this.cache = resized(this.cache, length);
    this.unsynced.push({ kind: 'truncate', length });
  }

  sync(): void {
    this.disk = this.cache;
    this.unsynced = [];
  }

  /** The power fails: every unsynced sector reached the disk or did not. */
  crash(random: () => number): void {
    let disk = this.disk;
    for (const change of this.unsynced) {
      if (change.kind === 'truncate') {
        if (random() < 0.5) disk = resized(disk, change.length);
        continue;
      }
      const end = change.position + change.bytes.length;
      // A file can have its new length without its new content.
      if (random() < 0.5 && disk.length < end) disk = resized(disk, end);
      for (let at = change.position; at < end; ) {
        const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
        const part = change.bytes.subarray(at - change.position, next - change.position);
        if (random() < 0.6) disk = written(disk, part, at);
        at = next;
      }
    }
    this.disk = disk;
    this.cache = disk;
    this.unsynced = [];
  }
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  return result;
}

function written(old: Uint8Array, bytes: Uint8Array, position: number): Uint8Array {
  const result = resized(old, Math.max(old.length, position + bytes.length));
  result.set(bytes, position);
  return result;
}

/** A change of a directory that no fsync has covered yet; `inode` undefined takes the name away. */
interface Renaming {
  readonly path: string;
  readonly inode: Inode | undefined;
}

/**
 * A disk in memory that keeps what was not fsynced apart, names too, and loses a random part of it in
 * `crash`: whole sectors of a write, the content but not the length of a file, a rename, a removal.
 *
 * Directories themselves are durable at once.
 */
export class SimulatedDisk implements FileSystem {
  readonly directorySyncOptional = false;
  /** Whether an fsync does anything; a test that shows that it matters says no. */
  syncsDirectories = true;
  syncsFiles = true;
  private disk = new Map<string, Inode>();
  private names = new Map<string, Inode>();
  private readonly directories = new Set<string>(['/']);
  private unsynced: Renaming[] = [];
  /** Files that were open when the power failed are no use. */
  private epoch = 0;

  /** Loses a random part of what was not fsynced. Every open file is closed by it. */
  crash(random: () => number): void {
    this.epoch += 1;
    for (const { path, inode } of this.unsynced) {
      if (random() < 0.5) continue;
      if (inode === undefined) this.disk.delete(path);
      else this.disk.set(path, inode);
    }
    this.unsynced = [];
    for (const inode of new Set(this.disk.values())) inode.crash(random);
    this.names = new Map(this.disk);
  }

  /**
   * The disk as one process sees it: its calls take as long as `pace` does, and fail once the power has
   * failed. A call that is under way then has been made or not.
   */
  mount(pace: () => Promise<void>): FileSystem {
    const { epoch } = this;
    const call = async <T>(perform: () => Promise<T>): Promise<T> => {
      await pace();
      if (epoch !== this.epoch) throw failure('EIO', 'the power has failed');
      const result = await perform();
      await pace();
      return result;
    };
    const paced = (file: OpenFile): OpenFile => ({
      size: () => call(() => file.size()),
      read: (into, position) => call(() => file.read(into, position)),
      write: (bytes, position) => call(() => file.write(bytes, position)),
      sync: () => call(() => file.sync()),
      syncData: () => call(() => file.syncData()),
      writeNow: (bytes, position) => file.writeNow(bytes, position),
      syncDataNow: () => file.syncDataNow(),
      truncate: (length) => call(() => file.truncate(length)),
      close: () => file.close(),
    });
    return {
      directorySyncOptional: false,
      makeDirectory: (path) => call(() => this.makeDirectory(path)),
      createFile: (path) => call(async () => paced(await this.createFile(path))),
      openFile: (path) => call(async () => paced(await this.openFile(path))),
      reopenFile: (path) => call(async () => paced(await this.reopenFile(path))),
      rename: (from, to) => call(() => this.rename(from, to)),
      removeFile: (path) => call(() => this.removeFile(path)),
      listFiles: (directory) => call(() => this.listFiles(directory)),
      syncDirectory: (path) => call(() => this.syncDirectory(path)),
    };
  }

  /** What a file holds now; `undefined` when there is none. */
  content(path: string): Uint8Array | undefined {
    return this.names.get(path)?.cache;
  }

  /** Replaces what a file holds, on the disk too. */
  overwrite(path: string, bytes: Uint8Array): void {
    const inode = this.named(path);
    inode.cache = bytes;
    inode.sync();
  }

  /** All paths. */
  paths(): string[] {
    return [...this.names.keys()].sort();
  }

  async makeDirectory(path: string): Promise<string | undefined> {
    if (this.directories.has(path)) return undefined;
    const above = await this.makeDirectory(dirname(path));
    this.directories.add(path);
    return above ?? path;
  }

  async createFile(path: string): Promise<OpenFile> {
    if (this.names.has(path)) throw failure('EEXIST', path);
    const inode = new Inode();
    this.name(path, inode);
    return this.open(inode);
  }

  async openFile(path: string): Promise<OpenFile> {
    return this.open(this.named(path));
  }

  reopenFile(path: string): Promise<OpenFile> {
    return this.openFile(path);
  }

  async rename(from: string, to: string): Promise<void> {
    const inode = this.named(from);
    this.name(to, inode);
    this.name(from, undefined);
  }

  async removeFile(path: string): Promise<void> {
    this.named(path);
    this.name(path, undefined);
  }

  async listFiles(directory: string): Promise<readonly string[]> {
    const files = [...this.names.keys()].filter((path) => dirname(path) === directory);
    return files.map((path) => path.slice(directory.length + 1));
  }

  async syncDirectory(directory: string): Promise<void> {
    if (!this.syncsDirectories) return;
    const covered = ({ path }: Renaming) => dirname(path) === directory;
    for (const { path, inode } of this.unsynced.filter(covered)) {
      if (inode === undefined) this.disk.delete(path);
      else this.disk.set(path, inode);
    }
    this.unsynced = this.unsynced.filter((renaming) => !covered(renaming));
  }

  private name(path: string, inode: Inode | undefined): void {
    if (inode === undefined) this.names.delete(path);
    else this.names.set(path, inode);
    this.unsynced.push({ path, inode });
  }

  private named(path: string): Inode {
    const inode = this.names.get(path);
    if (inode === undefined) throw failure('ENOENT', path);
    return inode;
  }

  private open(inode: Inode): OpenFile {
    const { epoch } = this;
    const alive = () => {
      if (epoch !== this.epoch) throw failure('EBADF', 'the power has failed');
    };
    const write = (bytes: Uint8Array, position: number) => {
      alive();
      inode.write(bytes, position);
      return bytes.length;
    };
    const sync = () => {
      alive();
      if (this.syncsFiles) inode.sync();
    };
    return {
      size: async () => inode.cache.length,
      read: async (into, position) => {
        alive();
        const part = inode.cache.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      write: async (bytes, position) => write(bytes, position),
      sync: async () => sync(),
      syncData: async () => sync(),
      writeNow: write,
      syncDataNow: sync,
      truncate: async (length) => {
        alive();
        inode.truncate(length);
      },
      close: async () => undefined,
    };
  }
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
