// The tables of a hash index: where they lie, and how one is filled. A slot is two
// 32-bit words, hash and ref; in a table slots are sorted by hash, each at home or
// behind it without a gap. hash-index.ts says which table is whose.
import type { Account } from './account.ts';
import { ByteStoreError } from './byte-store-error.ts';
import { HASH_MAX } from './half-sip-hash.ts';
import type { Allocate } from './memory.ts';

/** Slots that a hash can choose, and room behind them for the last run. */
export const TABLE_BITS = 12;
export const TABLE_SLOTS = 1 << TABLE_BITS;
const OVERFLOW_SLOTS = 128;
export const TABLE_WORDS = (TABLE_SLOTS + OVERFLOW_SLOTS) * 2;
/** Tables come in chunks of one array. */
export const CHUNK_BITS = 8;
const CHUNK_TABLES = 1 << CHUNK_BITS;
export const CHUNK_MASK = CHUNK_TABLES - 1;
const TABLE_BYTES = TABLE_WORDS * 4;
/**
 * A place as one number that is not negative: the chunk above, the word in it below. A
 * table's number has up to 27 bits, its chunk's 19; memory ends before the 9 that are left
 * for it here do, at 450 million entries. Larger stores go without places.
 */
export const PLACE_BITS = 22;
export const PLACE_MASK = (1 << PLACE_BITS) - 1;
/** Chunks that places can tell. */
export const PLACED_CHUNKS_MAX = 1 << (31 - PLACE_BITS);
/** Greater or equal to every hash, so that a search stops; the ref 0 tells it apart. */
export const EMPTY = HASH_MAX;
const BLANK = Int32Array.from({ length: TABLE_WORDS }, (_, i) => (i & 1 ? 0 : EMPTY));
/** Stands where a chunk has been given back. */
export const NO_CHUNK = new Int32Array(0);

/** The slot at which a hash's run begins: the bits below those that chose the table. */
export function homeSlot(hash: number, depth: number): number {
  return (hash << (depth + 1)) >>> (32 - TABLE_BITS);
}

/** A table that is being put together, outside of all chunks. */
export class TableDraft {
  private readonly words = new Int32Array(TABLE_WORDS);
  /** Where the next slot goes, at the earliest. */
  private at = 0;
  count = 0;

  /** Empties it. */
  begin(): this {
    this.words.set(BLANK);
    this.at = 0;
    this.count = 0;
    return this;
  }

  /**
   * Adds the slots `[from, to)` of a sorted table behind what is there; `depth` is that of the
   * draft. False: they do not fit, which only a hash that is no longer secret could bring about.
   */
  add(table: Int32Array, from: number, to: number, depth: number): boolean {
    const { words } = this;
    let next = this.at;
    let count = 0;
    for (let i = from * 2; i < to * 2; i += 2) {
      const ref = table[i + 1] as number;
      if (ref === 0) continue;
      const hash = table[i] as number;
      const at = Math.max(next, homeSlot(hash, depth) * 2);
      // The last slot stays empty: searches stop there.
      if (at >= TABLE_WORDS - 2) return false;
      words[at] = hash;
      words[at + 1] = ref;
      next = at + 2;
      count++;
    }
    this.at = next;
    this.count += count;
    return true;
  }

  /** Writes it over a table. */
  putInto(words: Int32Array): void {
    words.set(this.words);
  }
}

/** Tables by number, in chunks of {@link CHUNK_TABLES}. */
export class IndexTables {
  /** By the upper bits of a table's number; the same array for ever. */
  readonly chunks: Int32Array[] = [];
  /** Entries, by table. */
  counts = new Int32Array(CHUNK_TABLES);
  /** Numbers that have been given out, those free again included. */
  made = 0;
  private freeTables: number[] = [];
  /** Tables in use, by chunk. */
  private readonly usedIn: number[] = [];
  private readonly allocate: Allocate;
  private readonly account: Account;

  constructor(allocate: Allocate, account: Account) {
    this.allocate = allocate;
    this.account = account;
  }

  /** Keeps one chunk and makes table 0 of it, blank; needs no memory. */
  clear(): void {
    const at = this.chunks.findIndex((chunk) => chunk !== NO_CHUNK);
    const kept = this.chunks[at] as Int32Array;
    // Whoever remembers a place in it finds nothing there.
    const madeInKept = Math.min(this.made - at * CHUNK_TABLES, CHUNK_TABLES);
    for (let table = 0; table < madeInKept; table++) kept.set(BLANK, table * TABLE_WORDS);
    this.account.add((1 - this.used) * TABLE_BYTES);
    this.chunks.length = 0;
    this.chunks.push(kept);
    this.usedIn.length = 0;
    this.usedIn.push(1);
    this.counts = new Int32Array(CHUNK_TABLES);
    this.made = 1;
    this.freeTables = [];
  }

  /**
   * A blank table. What may fail comes first.
   *
   * @throws ByteStoreError `OUT_OF_MEMORY`
   */
  make(): number {
    const free = this.freeTables.at(-1);
    const table = free ?? this.made;
    const at = table >>> CHUNK_BITS;
    if (this.chunks[at] === undefined || this.chunks[at] === NO_CHUNK) {
      this.chunks[at] = this.newChunk();
      this.usedIn[at] = 0;
    }
    if (free === undefined) this.made++;
    else this.freeTables.pop();
    if (table >= this.counts.length) {
      const counts = new Int32Array(this.counts.length * 2);
      counts.set(this.counts);
      this.counts = counts;
    }
    this.usedIn[at] = (this.usedIn[at] as number) + 1;
    this.account.add(TABLE_BYTES);
    this.blank(table);
    return table;
  }

  /** Tables that hold something. */
  get used(): number {
    return this.made - this.freeTables.length;
  }

  get bytes(): number {
    return this.used * TABLE_BYTES;
  }

  /** The pages of a chunk cost nothing until their table is made. */
  private newChunk(): Int32Array {
    try {
      return new Int32Array(this.allocate(TABLE_BYTES * CHUNK_TABLES));
    } catch (cause) {
      throw new ByteStoreError('OUT_OF_MEMORY', 'the system refused more memory', { cause });
    }
  }

  private blank(table: number): void {
    this.wordsOf(table).set(BLANK);
    this.counts[table] = 0;
  }

  /** Takes a table back; a chunk without any is given back too. */
  drop(table: number): void {
    const at = table >>> CHUNK_BITS;
    this.blank(table);
    this.freeTables.push(table);
    this.account.add(-TABLE_BYTES);
    this.usedIn[at] = (this.usedIn[at] as number) - 1;
    if (this.usedIn[at] === 0) this.chunks[at] = NO_CHUNK;
  }

  /** The words of a table; nothing is copied. */
  wordsOf(table: number): Int32Array {
    const base = (table & CHUNK_MASK) * TABLE_WORDS;
    return (this.chunks[table >>> CHUNK_BITS] as Int32Array).subarray(base, base + TABLE_WORDS);
  }

  /** Replaces a table by what was put together. */
  put(table: number, draft: TableDraft): void {
    draft.putInto(this.wordsOf(table));
    this.counts[table] = draft.count;
  }
}
