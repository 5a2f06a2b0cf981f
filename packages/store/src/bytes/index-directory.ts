// The tables of an index, and the directory that leads from the upper bits of a hash to one
// of them (extendible hashing, Fagin et al. 1979): a table that is full is split in two, and
// two that have become nearly empty are put together.
import { Account } from './account.ts';
import { HASH_MAX } from './half-sip-hash.ts';
import { IndexTables, TABLE_BITS, TABLE_SLOTS, TABLE_WORDS, TableDraft } from './index-tables.ts';
import type { Allocate } from './memory.ts';

/** Those that a hash can choose, and those behind them. */
const ALL_SLOTS = TABLE_WORDS / 2;
/** A table with so many entries is split: runs stay short. */
export const SPLIT_AT = Math.floor(TABLE_SLOTS * 0.85);
/** Two halves with so few together become one again; well apart from a split. */
export const MERGE_AT = Math.floor(TABLE_SLOTS * 0.3);
/** A directory entry is a table's number and its depth. */
export const DEPTH_BITS = 5;
export const DEPTH_MASK = (1 << DEPTH_BITS) - 1;
/** With the slot's bits all 31 of a hash are used up. */
export const DEPTH_MAX = 31 - TABLE_BITS;
/** Where the halves of a table, or two tables that become one, are put together first. */
const LOW = new TableDraft();
const HIGH = new TableDraft();

/** Tables of slots, found by a prefix of a hash: what an index is made of. */
export class IndexDirectory {
  depth = 0;
  directory = new Int32Array(1);
  readonly tables: IndexTables;
  /** The chunks of {@link tables}, at hand. */
  readonly chunks: readonly Int32Array[];
  /** How many tables have each depth: a directory deeper than all of them is halved. */
  private readonly tablesOfDepth = new Int32Array(DEPTH_MAX + 2);
  private readonly account: Account;

  /** @throws ByteStoreError `OUT_OF_MEMORY` */
  constructor(
    allocate: Allocate = (bytes) => new ArrayBuffer(bytes),
    account: Account = new Account(),
  ) {
    this.account = account;
    this.tables = new IndexTables(allocate, account);
    this.chunks = this.tables.chunks;
    this.directory[0] = this.tables.make() << DEPTH_BITS;
    account.add(this.directory.byteLength);
    this.tablesOfDepth[0] = 1;
  }

  /** Bytes of tables and directory. */
  get bytes(): number {
    return this.tables.bytes + this.directory.byteLength;
  }

  /** One empty table again. */
  protected reset(): void {
    this.depth = 0;
    this.direct(new Int32Array(1));
    this.tables.clear();
    this.tablesOfDepth.fill(0);
    this.tablesOfDepth[0] = 1;
  }

  /**
   * Splits tables until `count` entries find room, so that they may come in any order, that of their
   * hashes too. Otherwise those that come first would all want the same few slots.
   *
   * @throws ByteStoreError `OUT_OF_MEMORY`, and some have been split
   */
  reserve(count: number): void {
    const wanted = Math.min(DEPTH_MAX, Math.ceil(Math.log2(Math.max(count, 1) / SPLIT_AT)));
    for (let hash = 0; hash <= HASH_MAX; ) {
      const entry = this.directory[hash >>> (31 - this.depth)] as number;
      const depth = entry & DEPTH_MASK;
      if (depth < wanted && this.split(hash, entry >>> DEPTH_BITS, depth)) continue;
      hash += 2 ** (31 - depth);
    }
  }

  /**
   * Splits a table by its next bit; doubles the directory if it has no such bit yet.
   * False, and nothing has changed: a run is so long that a half cannot hold it.
   */
  protected split(hash: number, table: number, depth: number): boolean {
    const { tables } = this;
    const bit = 1 << (30 - depth);
    const words = tables.wordsOf(table);
    // The slots are sorted: those with the bit follow those without, some of which may lie behind the middle.
    let middle = TABLE_SLOTS / 2;
    while (words[middle * 2 + 1] !== 0 && ((words[middle * 2] as number) & bit) === 0) middle++;
    if (!LOW.begin().add(words, 0, middle, depth + 1)) return false;
    if (!HIGH.begin().add(words, middle, ALL_SLOTS, depth + 1)) return false;
    const other = tables.make();
    if (depth === this.depth) this.doubleDirectory();
    tables.put(table, LOW);
    tables.put(other, HIGH);
    this.point(hash, depth, table, other, depth + 1);
    this.tablesOfDepth[depth] = (this.tablesOfDepth[depth] as number) - 1;
    this.tablesOfDepth[depth + 1] = (this.tablesOfDepth[depth + 1] as number) + 2;
    return true;
  }

  /** Makes two halves one table again if they have become nearly empty. */
  protected merge(hash: number, table: number, depth: number): void {
    const { tables } = this;
    const buddyHash = hash ^ (1 << (31 - depth));
    const entry = this.directory[buddyHash >>> (31 - this.depth)] as number;
    const buddy = entry >>> DEPTH_BITS;
    if ((entry & DEPTH_MASK) !== depth) return;
    if ((tables.counts[table] as number) + (tables.counts[buddy] as number) > MERGE_AT) return;
    const first = hash < buddyHash ? table : buddy;
    const last = hash < buddyHash ? buddy : table;
    if (!LOW.begin().add(tables.wordsOf(first), 0, ALL_SLOTS, depth - 1)) return;
    if (!LOW.add(tables.wordsOf(last), 0, ALL_SLOTS, depth - 1)) return;
    tables.put(first, LOW);
    this.point(hash, depth - 1, first, first, depth - 1);
    tables.drop(last);
    this.tablesOfDepth[depth] = (this.tablesOfDepth[depth] as number) - 2;
    this.tablesOfDepth[depth - 1] = (this.tablesOfDepth[depth - 1] as number) + 1;
    while (this.depth > 0 && this.tablesOfDepth[this.depth] === 0) this.halveDirectory();
  }

  /** Makes the directory's span of a prefix of `bits` bits point to two tables, half and half. */
  private point(hash: number, bits: number, low: number, high: number, depth: number): void {
    const span = 1 << (this.depth - bits);
    const first = bits === 0 ? 0 : (hash >>> (31 - bits)) * span;
    const middle = first + (span >>> 1);
    this.directory.fill((low << DEPTH_BITS) | depth, first, middle);
    this.directory.fill((high << DEPTH_BITS) | depth, middle, first + span);
  }

  private doubleDirectory(): void {
    const { directory } = this;
    const doubled = new Int32Array(directory.length * 2);
    for (let i = 0; i < directory.length; i++) {
      const entry = directory[i] as number;
      doubled[2 * i] = entry;
      doubled[2 * i + 1] = entry;
    }
    this.direct(doubled);
    this.depth++;
  }

  private halveDirectory(): void {
    this.direct(this.directory.filter((_, i) => (i & 1) === 0));
    this.depth--;
  }

  private direct(directory: Int32Array<ArrayBuffer>): void {
    this.account.add(directory.byteLength - this.directory.byteLength);
    this.directory = directory;
  }
}
