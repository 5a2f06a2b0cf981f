/**
 * The few calls that snapshots and logs make of a file system, so that a test can fail the n-th one and
 * a simulated disk can stand in for a real one. Rejections carry a `code` as Node's do (`ENOENT`, `EIO`).
 */
export interface FileSystem {
  /**
   * Whether `syncDirectory` may fail with EPERM or EISDIR without harm: true on Windows, which cannot
   * fsync a directory, and nowhere else.
   */
  readonly directorySyncOptional: boolean;
  /**
   * Makes a directory and its missing parents. Answers the topmost one it had to make, or `undefined`
   * when all were there.
   */
  makeDirectory(path: string): Promise<string | undefined>;
  /** Creates a file for writing, mode 0600; EEXIST when there is one. */
  createFile(path: string): Promise<OpenFile>;
  /** Opens a file for reading; ENOENT when there is none. */
  openFile(path: string): Promise<OpenFile>;
  /** Opens a file that exists for reading and writing, as it is; ENOENT when there is none. */
  reopenFile(path: string): Promise<OpenFile>;
  /** Renames atomically, replacing what is there. */
  rename(from: string, to: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Names (not paths) of what a directory holds. */
  listFiles(directory: string): Promise<readonly string[]>;
  /** Makes names that were added to or removed from a directory durable. */
  syncDirectory(path: string): Promise<void>;
}

/** An open file. */
export interface OpenFile {
  /** Length in bytes. */
  size(): Promise<number>;
  /** Reads into all or a part of `into`; answers how much, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all or a part of `bytes`; answers how much. `bytes` must hold still until then. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Makes what was written durable (fsync). */
  sync(): Promise<void>;
  /** The same without what nobody needs in order to read it, such as times (fdatasync). */
  syncData(): Promise<void>;
  /** `write` that is done when it returns, or throws: where everybody waits for it anyway. */
  writeNow(bytes: Uint8Array, position: number): number;
  /** `syncData` likewise. */
  syncDataNow(): void;
  /** Cuts off what lies behind `length`. */
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}
