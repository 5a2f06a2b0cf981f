import { dirname } from 'node:path';
import type { FileSystem, OpenFile } from '../src/file-system.ts';
import { Inode, SECTOR_BYTES } from './inode.ts';

/** A change of a directory that no fsync has covered yet; `inode` undefined takes the name away. */
interface Renaming {
  readonly path: string;
  readonly inode: Inode | undefined;
}

/** A call of the file system; `path` is that of the file. */
export interface DiskCall {
  readonly name: keyof FileSystem | keyof OpenFile;
  readonly path: string;
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
   * failed. A call that is under way then has been made or not; a long write, by half. `trouble` answers the
   * code with which a call is to fail: then half of a write is done, and what an fsync was to save is lost.
   * Calls that are done when they return are made in one moment, of which `blocked` is told.
   */
  mount(
    pace: (call: DiskCall) => Promise<void>,
    trouble: (call: DiskCall) => string | undefined = () => undefined,
    blocked: (call: DiskCall) => void = () => {},
  ): FileSystem {
    const { epoch } = this;
    const check = (call: DiskCall, failed?: () => void): void => {
      if (epoch !== this.epoch) throw failure('EIO', 'the power has failed');
      const code = trouble(call);
      if (code === undefined) return;
      failed?.();
      throw failure(code, `${call.name} ${call.path}`);
    };
    const call = async <T>(
      name: DiskCall['name'],
      path: string,
      perform: () => Promise<T>,
      failed?: () => void,
    ): Promise<T> => {
      await pace({ name, path });
      check({ name, path }, failed);
      const result = await perform();
      await pace({ name, path });
      return result;
    };
    const callNow = <T>(call: DiskCall, perform: () => T, failed: () => void): T => {
      blocked(call);
      check(call, failed);
      return perform();
    };
    const paced = (path: string, file: OpenFile, inode: Inode): OpenFile => {
      const write = async (bytes: Uint8Array, position: number): Promise<number> => {
        const half = bytes.length <= SECTOR_BYTES ? 0 : bytes.length >> 1;
        if (half > 0) await file.write(bytes.subarray(0, half), position);
        if (half > 0) await pace({ name: 'write', path });
        return half + (await file.write(bytes.subarray(half), position + half));
      };
      const writeHalf = (bytes: Uint8Array, position: number) => () =>
        inode.write(bytes.subarray(0, bytes.length >> 1), position);
      const failSync = () => inode.failSync();
      return {
        size: () => call('size', path, () => file.size()),
        read: (into, position) => call('read', path, () => file.read(into, position)),
        write: (bytes, position) =>
          call('write', path, () => write(bytes, position), writeHalf(bytes, position)),
        sync: () => call('sync', path, () => file.sync(), failSync),
        syncData: () => call('syncData', path, () => file.syncData(), failSync),
        writeNow: (bytes, position) =>
          callNow(
            { name: 'writeNow', path },
            () => file.writeNow(bytes, position),
            writeHalf(bytes, position),
          ),
        syncDataNow: () =>
          callNow({ name: 'syncDataNow', path }, () => file.syncDataNow(), failSync),
        truncate: (length) => call('truncate', path, () => file.truncate(length)),
        close: () => file.close(),
      };
    };
    const opened = async (path: string, open: (path: string) => Promise<OpenFile>) =>
      paced(path, await open(path), this.named(path));
    return {
      directorySyncOptional: false,
      makeDirectory: (path) => call('makeDirectory', path, () => this.makeDirectory(path)),
      createFile: (path) =>
        call('createFile', path, () => opened(path, (name) => this.createFile(name))),
      openFile: (path) => call('openFile', path, () => opened(path, (name) => this.openFile(name))),
      reopenFile: (path) =>
        call('reopenFile', path, () => opened(path, (name) => this.reopenFile(name))),
      rename: (from, to) => call('rename', from, () => this.rename(from, to)),
      removeFile: (path) => call('removeFile', path, () => this.removeFile(path)),
      listFiles: (directory) => call('listFiles', directory, () => this.listFiles(directory)),
      syncDirectory: (path) => call('syncDirectory', path, () => this.syncDirectory(path)),
    };
  }

  /** What a file holds now; `undefined` when there is none. */
  content(path: string): Uint8Array | undefined {
    return this.names.get(path)?.cache.slice();
  }

  /** Replaces what a file holds, on the disk too. */
  overwrite(path: string, bytes: Uint8Array): void {
    this.named(path).replace(bytes);
  }

  /** Whether a text is in some file, and would be if the power failed now. */
  isDurable(text: string): boolean {
    return [...this.disk.values()].some(({ disk }) =>
      Buffer.from(disk.buffer, disk.byteOffset, disk.length).includes(text),
    );
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
    const all = [...this.names.keys(), ...this.directories];
    const files = all.filter((path) => dirname(path) === directory && path !== directory);
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
