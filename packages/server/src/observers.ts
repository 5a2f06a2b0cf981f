import type { KeyspaceObserver, Keyspaces, Removal } from './ports.ts';

/** Everybody who wants to know what changes in the keyspaces; while there is nobody, they tell nothing. */
export class Observers implements KeyspaceObserver {
  private readonly keyspaces: Keyspaces;
  private readonly all = new Set<KeyspaceObserver>();

  constructor(keyspaces: Keyspaces) {
    this.keyspaces = keyspaces;
  }

  add(observer: KeyspaceObserver): void {
    this.all.add(observer);
    this.keyspaces.observer = this;
  }

  remove(observer: KeyspaceObserver): void {
    this.all.delete(observer);
    if (this.all.size === 0) this.keyspaces.observer = undefined;
  }

  wrote(database: number, key: Uint8Array, isNew: boolean): void {
    for (const observer of this.all) observer.wrote(database, key, isNew);
  }

  removed(database: number, key: Uint8Array, why: Removal, ref: number): void {
    for (const observer of this.all) observer.removed(database, key, why, ref);
  }

  flushed(database: number): void {
    for (const observer of this.all) observer.flushed(database);
  }

  swapped(one: number, other: number): void {
    for (const observer of this.all) observer.swapped(one, other);
  }
}
