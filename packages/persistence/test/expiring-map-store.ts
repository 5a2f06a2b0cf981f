import type { LoggableStore, LoggedSetOptions } from '../src/logged-store.ts';
import { MapStore } from './map-store.ts';

/** The least that `openLoggedStore` can work with; `@kv/store`'s ExpiringKeyValueStore does more. */
export class ExpiringMapStore<V> extends MapStore<V> implements LoggableStore<V> {
  private readonly now: () => number;

  constructor(now: () => number) {
    super();
    this.now = now;
  }

  get size(): number {
    return [...this.entries()].length;
  }

  override get(key: string): V | undefined {
    return this.has(key) ? super.get(key) : undefined;
  }

  has(key: string): boolean {
    return super.get(key) !== undefined && (super.deadline(key) ?? Infinity) > this.now();
  }

  override deadline(key: string): number | undefined {
    return this.has(key) ? super.deadline(key) : undefined;
  }

  override set(key: string, value: V, options: LoggedSetOptions = {}): void {
    const { ttlMs, keepTtl } = options;
    const kept = keepTtl ? this.deadline(key) : options.deadline;
    const deadline = ttlMs === undefined ? kept : this.now() + ttlMs;
    super.set(key, value, deadline === undefined ? {} : { deadline });
  }

  delete(key: string): boolean {
    const existed = this.has(key);
    this.remove(key);
    return existed;
  }

  expire(key: string, ttlMs: number): boolean {
    return this.expireAt(key, this.now() + ttlMs);
  }

  expireAt(key: string, deadline: number): boolean {
    if (!this.has(key)) return false;
    super.set(key, super.get(key) as V, { deadline });
    return true;
  }

  persist(key: string): boolean {
    if (this.deadline(key) === undefined) return false;
    super.set(key, super.get(key) as V);
    return true;
  }

  override *entries(): IterableIterator<[string, V]> {
    for (const [key, value] of super.entries()) if (this.has(key)) yield [key, value];
  }

  override clear(): number {
    const { size } = this;
    super.clear();
    return size;
  }
}
