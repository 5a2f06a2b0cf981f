import type { Account } from './account.ts';

/** A key and a value that are too long for a segment. */
export interface LargeEntry {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the key and the value begin in `bytes`. */
  readonly key: number;
  readonly value: number;
}

/**
 * A value that is more than bytes: what a collection (a hash, a list, a set) keeps its
 * elements in. The engine stores it by reference, and treats its entry like any other.
 */
export interface Structure {
  /**
   * The memory it takes, in bytes. Whoever changes a structure tells the database by
   * `resized`, so that this may grow.
   */
  readonly memoryBytes: number;
  /** A copy that changes of the original do not reach, for while a frozen view needs that. */
  clone(): Structure;
}

/** Things by number; numbers are used again, so that they fit a word for ever. */
class Numbered<T> {
  /** The number 0 is none. */
  private readonly things: (T | undefined)[] = [undefined];
  private readonly free: number[] = [];

  add(thing: T): number {
    const number = this.free.pop() ?? this.things.length;
    this.things[number] = thing;
    return number;
  }

  get(number: number): T {
    return this.things[number] as T;
  }

  take(number: number): T {
    const thing = this.get(number);
    this.things[number] = undefined;
    this.free.push(number);
    return thing;
  }

  get size(): number {
    return this.things.length - 1 - this.free.length;
  }
}

/** What the records of a database refer to and segments do not hold: large entries and structures. */
export class Beside {
  private readonly larges = new Numbered<LargeEntry>();
  private readonly structures = new Numbered<{ readonly structure: Structure; bytes: number }>();
  private readonly account: Account;
  /** The bytes of all of it, a part of the account. */
  bytes = 0;

  constructor(account: Account) {
    this.account = account;
  }

  /** Keeps a large entry; answers its number, never 0. */
  addLarge(entry: LargeEntry): number {
    this.count(entry.bytes.length);
    return this.larges.add(entry);
  }

  large(number: number): LargeEntry {
    return this.larges.get(number);
  }

  removeLarge(number: number): void {
    this.count(-this.larges.take(number).bytes.length);
  }

  /** Keeps a structure; answers its number, never 0. */
  addStructure(structure: Structure): number {
    const bytes = structure.memoryBytes;
    this.count(bytes);
    return this.structures.add({ structure, bytes });
  }

  structure(number: number): Structure {
    return this.structures.get(number).structure;
  }

  /** The bytes that are counted for a structure. */
  structureBytes(number: number): number {
    return this.structures.get(number).bytes;
  }

  /** Counts a structure anew, which has changed. */
  resized(number: number): void {
    const kept = this.structures.get(number);
    const bytes = kept.structure.memoryBytes;
    this.count(bytes - kept.bytes);
    kept.bytes = bytes;
  }

  removeStructure(number: number): void {
    this.count(-this.structures.take(number).bytes);
  }

  /** How many large entries and structures there are. */
  get size(): number {
    return this.larges.size + this.structures.size;
  }

  /** Takes all of it off the account: nobody will ask for it again. */
  forget(): void {
    this.account.add(-this.bytes);
    this.bytes = 0;
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    this.account.add(bytes);
  }
}
