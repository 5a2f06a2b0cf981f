import type { EntrySink, SnapshotEntry } from '../entry.ts';

/** Entries of one kind, and what they take. */
export interface KindSummary {
  readonly database: number;
  readonly type: number;
  readonly encoding: number;
  readonly entries: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
}

/** One of the largest entries. */
export interface LargeEntry {
  readonly database: number;
  readonly key: Uint8Array;
  /** Of key and value together. */
  readonly bytes: number;
}

/** Entries that are gone after at most so many milliseconds, and after more than the class before. */
export interface TtlClass {
  readonly upToMs: number;
  readonly entries: number;
}

/** What a keyspace holds. */
export interface EntriesSummary {
  readonly entries: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** By database, type and encoding, the most entries first. */
  readonly kinds: readonly KindSummary[];
  /** Key and value together, the largest first. */
  readonly largest: readonly LargeEntry[];
  /** Entries whose key and value together have more than half of so many bytes, up to so many. */
  readonly sizes: ReadonlyMap<number, number>;
  /** Entries that never expire. */
  readonly withoutDeadline: number;
  /** Entries whose deadline has come. */
  readonly expired: number;
  /** The others, the soonest first; the last class has no end. */
  readonly ttls: readonly TtlClass[];
}

export interface SummaryOptions {
  /** Unix milliseconds by which TTLs are counted. */
  readonly now: number;
  /** How many of the largest entries to name. Default 10. */
  readonly largest?: number | undefined;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TTL_CLASSES: readonly number[] = [
  MINUTE,
  HOUR,
  DAY,
  7 * DAY,
  30 * DAY,
  365 * DAY,
  Number.POSITIVE_INFINITY,
];

/** A {@link KindSummary} that is being counted. */
type Kind = { -readonly [Field in keyof KindSummary]: KindSummary[Field] };

/**
 * Counts entries: a sink, so that a snapshot of any size is summed up block by block.
 *
 * @example
 * const summary = new SummarySink({ now: Date.now() });
 * await readSnapshot('./data/snapshot.kv', summary);
 * console.log(summary.result().largest[0]);
 */
export class SummarySink implements EntrySink {
  readonly #now: number;
  readonly #count: number;
  readonly #kinds = new Map<number, Kind>();
  readonly #sizes = new Map<number, number>();
  readonly #ttls = new Float64Array(TTL_CLASSES.length);
  #largest: LargeEntry[] = [];
  /** What an entry must exceed to be one of the largest. */
  #threshold = -1;
  #withoutDeadline = 0;
  #expired = 0;

  constructor({ now, largest = 10 }: SummaryOptions) {
    this.#now = now;
    this.#count = largest;
  }

  restore(entry: SnapshotEntry): void {
    const { key, value, deadline } = entry;
    const kind = this.#kindOf(entry);
    kind.entries += 1;
    kind.keyBytes += key.length;
    kind.valueBytes += value.length;
    const bytes = key.length + value.length;
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, bytes)));
    this.#sizes.set(size, (this.#sizes.get(size) ?? 0) + 1);
    if (bytes > this.#threshold) this.#addLarge(entry, bytes);
    if (deadline === undefined) this.#withoutDeadline += 1;
    else if (deadline <= this.#now) this.#expired += 1;
    else this.#countTtl(deadline - this.#now);
  }

  result(): EntriesSummary {
    const kinds = [...this.#kinds.values()].sort((a, b) => b.entries - a.entries);
    const sum = (of: (kind: Kind) => number) => kinds.reduce((total, kind) => total + of(kind), 0);
    return {
      entries: sum(({ entries }) => entries),
      keyBytes: sum(({ keyBytes }) => keyBytes),
      valueBytes: sum(({ valueBytes }) => valueBytes),
      kinds,
      largest: this.#largestOf(this.#largest),
      sizes: new Map([...this.#sizes].sort(([a], [b]) => a - b)),
      withoutDeadline: this.#withoutDeadline,
      expired: this.#expired,
      ttls: TTL_CLASSES.map((upToMs, i) => ({ upToMs, entries: this.#ttls[i] as number })),
    };
  }

  #kindOf({ database, type, encoding }: SnapshotEntry): Kind {
    const number = database * 65_536 + type * 256 + encoding;
    let kind = this.#kinds.get(number);
    if (kind === undefined) {
      kind = { database, type, encoding, entries: 0, keyBytes: 0, valueBytes: 0 };
      this.#kinds.set(number, kind);
    }
    return kind;
  }

  /** Collected up to twice as many as wanted before they are sorted: sorting for each would be slow. */
  #addLarge({ database, key }: SnapshotEntry, bytes: number): void {
    if (this.#count === 0) return;
    this.#largest.push({ database, key: key.slice(), bytes });
    if (this.#largest.length < 2 * this.#count) return;
    this.#largest = this.#largestOf(this.#largest);
    this.#threshold = (this.#largest.at(-1) as LargeEntry).bytes;
  }

  #largestOf(entries: readonly LargeEntry[]): LargeEntry[] {
    return [...entries].sort((a, b) => b.bytes - a.bytes).slice(0, this.#count);
  }

  #countTtl(ttlMs: number): void {
    const place = TTL_CLASSES.findIndex((upTo) => ttlMs <= upTo);
    this.#ttls[place] = (this.#ttls[place] as number) + 1;
  }
}
