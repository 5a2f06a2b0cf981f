import type { FrozenView, SnapshotEntry } from '@kv/persistence';
import { DatabaseRangeError, type Engine } from './engine.ts';
import { type KeyspaceHost, MapKeyspace } from './map-keyspace.ts';

/** The numbered databases of the daemon; each is made when it is first asked for. */
export class MapKeyspaces implements Engine {
  readonly count: number;
  private readonly databases: (MapKeyspace | undefined)[];
  private readonly host: KeyspaceHost;
  private time = 0;
  expired = 0;

  /**
   * @param changed - told every write, deletion and expiry, one at a time
   * @param random - as `Math.random`
   */
  constructor(count: number, changed: () => void, random: () => number) {
    this.count = count;
    this.databases = new Array(count);
    const expired = () => {
      this.expired++;
    };
    const time = () => this.time;
    this.host = {
      get now() {
        return time();
      },
      changed,
      expired,
      random,
    };
  }

  get now(): number {
    return this.time;
  }

  /** A new time begins a new batch of requests: refs of the last one are forgotten. */
  set now(time: number) {
    this.time = time;
    for (const database of this.databases) database?.forget();
  }

  at(index: number): MapKeyspace {
    let database = this.databases[index];
    if (database === undefined) {
      database = new MapKeyspace(this.host);
      this.databases[index] = database;
    }
    return database;
  }

  *used(): Iterable<readonly [number, MapKeyspace]> {
    for (const [index, database] of this.databases.entries())
      if (database !== undefined && database.size > 0) yield [index, database];
  }

  sweep(budget: number): number {
    let removed = 0;
    for (const [, database] of this.used()) removed += database.sweep(budget);
    return removed;
  }

  /** {@link EntrySource}: the entries of this moment, to be written while others are changed. */
  freeze(): FrozenView {
    const lists = [...this.used()].map(([index, database]) => [index, database.entries()] as const);
    return {
      count: lists.reduce((sum, [, entries]) => sum + entries.length, 0),
      close: () => {},
      *[Symbol.iterator](): Iterator<SnapshotEntry> {
        for (const [database, entries] of lists)
          for (const { key, value, type, encoding, deadline } of entries)
            yield { database, key, value, type, encoding, deadline: deadline || undefined };
      },
    };
  }

  /** {@link EntrySink}: one entry of a snapshot. */
  restore({ database, key, value, type, encoding, deadline }: SnapshotEntry): void {
    if (database >= this.count) throw new DatabaseRangeError(database, this.count);
    this.at(database).restore(key, value, type, encoding, deadline ?? 0);
  }
}
