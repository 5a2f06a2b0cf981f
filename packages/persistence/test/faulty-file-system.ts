import type { FileSystem, OpenFile } from '../src/file-system.ts';

export interface Fault {
  /** The call that fails, counted from 1. */
  readonly at: number;
  readonly code: string;
  /** `once`: that call only. `forever`: all calls from there on. */
  readonly lasts: 'once' | 'forever';
}

/**
 * A file system whose n-th call fails. A write that fails has written half; a close that fails has
 * closed. With `forever` nothing is done any more from the fault on, as if the process had died.
 */
export class FaultyFileSystem implements FileSystem {
  readonly directorySyncOptional: boolean;
  /** Names of the calls made, in order. */
  readonly calls: string[] = [];
  readonly #inner: FileSystem;
  readonly #open = new Set<OpenFile>();
  #fault: Fault | undefined;

  constructor(inner: FileSystem, fault?: Fault) {
    this.#inner = inner;
    this.#fault = fault;
    this.directorySyncOptional = inner.directorySyncOptional;
  }

  /** Whether the fault has been met. */
  get failed(): boolean {
    return this.#fault !== undefined && this.calls.length >= this.#fault.at;
  }

  /** Lets the n-th call from now fail, once. */
  failAfter(calls: number, code: string): void {
    this.#fault = { at: this.calls.length + calls, code, lasts: 'once' };
  }

  /** Gives back what a process that dies gives back: its open files. */
  async releaseHandles(): Promise<void> {
    for (const file of this.#open) await file.close();
    this.#open.clear();
  }

  makeDirectory(path: string) {
    return this.#call('makeDirectory', () => this.#inner.makeDirectory(path));
  }

  createFile(path: string) {
    return this.#call('createFile', async () => this.#wrap(await this.#inner.createFile(path)));
  }

  openFile(path: string) {
    return this.#call('openFile', async () => this.#wrap(await this.#inner.openFile(path)));
  }

  reopenFile(path: string) {
    return this.#call('reopenFile', async () => this.#wrap(await this.#inner.reopenFile(path)));
  }

  rename(from: string, to: string) {
    return this.#call('rename', () => this.#inner.rename(from, to));
  }

  removeFile(path: string) {
    return this.#call('removeFile', () => this.#inner.removeFile(path));
  }

  listFiles(directory: string) {
    return this.#call('listFiles', () => this.#inner.listFiles(directory));
  }

  syncDirectory(path: string) {
    return this.#call('syncDirectory', () => this.#inner.syncDirectory(path));
  }

  async #call<T>(name: string, perform: () => Promise<T>, torn?: () => Promise<unknown>) {
    const fault = this.#note(name);
    if (fault === undefined) return await perform();
    if (this.calls.length === fault.at) await torn?.();
    throw injected(fault, name);
  }

  #callNow<T>(name: string, perform: () => T, torn?: () => unknown): T {
    const fault = this.#note(name);
    if (fault === undefined) return perform();
    if (this.calls.length === fault.at) torn?.();
    throw injected(fault, name);
  }

  /** Notes a call; answers the fault that it meets. */
  #note(name: string): Fault | undefined {
    const fault = this.#fault;
    const at = this.calls.push(name);
    if (fault === undefined || at < fault.at) return undefined;
    return at > fault.at && fault.lasts === 'once' ? undefined : fault;
  }

  #wrap(file: OpenFile): OpenFile {
    this.#open.add(file);
    const close = async () => {
      this.#open.delete(file);
      await file.close();
    };
    return {
      size: () => this.#call('size', () => file.size()),
      read: (into, position) => this.#call('read', () => file.read(into, position)),
      write: (bytes, position) =>
        this.#call(
          'write',
          () => file.write(bytes, position),
          () => file.write(bytes.subarray(0, bytes.length >> 1), position),
        ),
      sync: () => this.#call('sync', () => file.sync()),
      syncData: () => this.#call('syncData', () => file.syncData()),
      writeNow: (bytes, position) =>
        this.#callNow(
          'write',
          () => file.writeNow(bytes, position),
          () => file.writeNow(bytes.subarray(0, bytes.length >> 1), position),
        ),
      syncDataNow: () => this.#callNow('syncData', () => file.syncDataNow()),
      truncate: (length) => this.#call('truncate', () => file.truncate(length)),
      close: () => this.#call('close', close, close),
    };
  }
}

function injected({ code }: Fault, name: string): Error {
  return Object.assign(new Error(`${code}: injected into ${name}`), { code });
}
