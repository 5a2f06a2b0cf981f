import { KeyRange } from './key-range.ts';
import type { Observers } from './observers.ts';
import type { KeyspaceObserver, Keyspaces } from './ports.ts';
import type { Session } from './session.ts';

/** A key that a client watches. */
interface Watched {
  readonly session: Session;
  readonly database: number;
  readonly key: Uint8Array;
  /** Whether there was an entry; it would be known if that had changed since. */
  readonly present: boolean;
}

const latin1 = new TextDecoder('latin1');
const nameOf = (database: number, key: Uint8Array): string => `${database}:${latin1.decode(key)}`;

/** The keys that clients watch: whoever changes one spoils the transactions of all of these. */
export class WatchedKeys implements KeyspaceObserver {
  private readonly keyspaces: Keyspaces;
  private readonly observers: Observers;
  private readonly range = new KeyRange();
  private readonly byName = new Map<string, Set<Watched>>();
  private readonly bySession = new Map<Session, Watched[]>();

  constructor(keyspaces: Keyspaces, observers: Observers) {
    this.keyspaces = keyspaces;
    this.observers = observers;
  }

  /** Watches a key of the session's database; again, it does nothing. */
  watch(session: Session, key: Uint8Array): void {
    const { database } = session;
    // An entry that has expired by now is none: that it goes is no change.
    const present = this.isThere(database, key);
    const name = nameOf(database, key);
    const own = this.bySession.get(session) ?? [];
    const watchers = this.byName.get(name) ?? new Set();
    for (const watched of watchers) if (watched.session === session) return;
    const watched = { session, database, key: key.slice(), present };
    this.byName.set(name, watchers.add(watched));
    own.push(watched);
    this.bySession.set(session, own);
    this.observers.add(this);
  }

  /** Whether nothing that a client watches has changed, or has expired. */
  areUnchanged(session: Session): boolean {
    // Looking for what has expired removes it, which is told.
    for (const { database, key } of this.of(session)) this.isThere(database, key);
    return !session.spoiled;
  }

  private isThere(database: number, key: Uint8Array): boolean {
    return this.keyspaces.at(database).find(this.range.take(key), 0) !== 0;
  }

  private of(session: Session): readonly Watched[] {
    return this.bySession.get(session) ?? [];
  }

  /** Forgets all that a client watches. */
  forget(session: Session): void {
    session.spoiled = false;
    for (const watched of this.of(session)) {
      const name = nameOf(watched.database, watched.key);
      const watchers = this.byName.get(name);
      watchers?.delete(watched);
      if (watchers?.size === 0) this.byName.delete(name);
    }
    this.bySession.delete(session);
    if (this.bySession.size === 0) this.observers.remove(this);
  }

  /** {@link KeyspaceObserver} */
  wrote(database: number, key: Uint8Array): void {
    for (const { session } of this.byName.get(nameOf(database, key)) ?? []) session.spoiled = true;
  }

  /** {@link KeyspaceObserver} */
  removed(database: number, key: Uint8Array): void {
    this.wrote(database, key);
  }

  /** {@link KeyspaceObserver} */
  flushed(database: number): void {
    for (const watched of this.all())
      if (watched.database === database && watched.present) watched.session.spoiled = true;
  }

  /** {@link KeyspaceObserver} */
  swapped(one: number, other: number): void {
    for (const { session, database, key, present } of this.all()) {
      if (database !== one && database !== other) continue;
      if (present || this.isThere(database, key)) session.spoiled = true;
    }
  }

  private *all(): Iterable<Watched> {
    for (const watched of this.bySession.values()) yield* watched;
  }
}
