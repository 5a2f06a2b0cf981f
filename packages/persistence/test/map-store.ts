/** The least that `openSnapshots` can work with; `@kv/store`'s ExpiringKeyValueStore does more. */
export class MapStore<V> {
  readonly #values = new Map<string, V>();
  readonly #deadlines = new Map<string, number>();

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V, options: { deadline?: number } = {}): void {
    this.#values.set(key, value);
    if (options.deadline === undefined) this.#deadlines.delete(key);
    else this.#deadlines.set(key, options.deadline);
  }

  deadline(key: string): number | undefined {
    return this.#deadlines.get(key);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#values.entries();
  }

  protected remove(key: string): void {
    this.#values.delete(key);
    this.#deadlines.delete(key);
  }

  clear(): unknown {
    this.#values.clear();
    this.#deadlines.clear();
    return undefined;
  }
}
