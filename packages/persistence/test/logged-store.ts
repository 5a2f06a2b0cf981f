import type { FrozenView, SnapshotEntry } from '../src/entry.ts';
import type { AppendLog } from '../src/log/append-log.ts';
import type { EffectSink } from '../src/log/effect-sink.ts';

interface StoredValue {
  readonly value: string;
  readonly deadline: number | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The least store that keeps a log: text by text, in numbered databases. */
export class LoggedStore implements EffectSink {
  log: AppendLog | undefined;
  /** Whether no view of it can be taken. */
  refusesFreezing = false;
  private readonly entries = new Map<string, StoredValue>();

  /** What it holds, as text that can be compared. */
  get dump(): string {
    const lines = [...this.entries].map(
      ([key, { value, deadline }]) => `${key}=${value}@${deadline}`,
    );
    return lines.sort().join('\n');
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: string, database = 0): string | undefined {
    return this.entries.get(`${database}:${key}`)?.value;
  }

  set(key: string, value: string, deadline?: number, database = 0): void {
    this.entries.set(`${database}:${key}`, { value, deadline });
    const bytes = encoder.encode(value);
    const name = encoder.encode(key);
    const effects = this.log?.effects;
    if (effects === undefined) return;
    const at = effects.put(database, 1, 2, deadline ?? 0, name.length, bytes.length);
    effects.bytes.set(name, at);
    effects.bytes.set(bytes, at + name.length);
  }

  expire(key: string, deadline: number | undefined, database = 0): void {
    const entry = this.entries.get(`${database}:${key}`);
    if (entry === undefined) return;
    this.entries.set(`${database}:${key}`, { ...entry, deadline });
    const name = encoder.encode(key);
    const effects = this.log?.effects;
    if (effects === undefined) return;
    effects.bytes.set(name, effects.deadline(database, deadline ?? 0, name.length));
  }

  remove(key: string, database = 0): void {
    if (!this.entries.delete(`${database}:${key}`)) return;
    const name = encoder.encode(key);
    const effects = this.log?.effects;
    if (effects === undefined) return;
    effects.bytes.set(name, effects.remove(database, name.length));
  }

  flush(database = 0): void {
    this.restoreFlush(database);
    this.log?.effects.flush(database);
  }

  freeze(): FrozenView {
    if (this.refusesFreezing) throw new Error('no view');
    const entries = [...this.entries].map(([name, { value, deadline }]): SnapshotEntry => {
      const [database = '', key = ''] = name.split(/:(.*)/s);
      return {
        database: Number(database),
        key: encoder.encode(key),
        value: encoder.encode(value),
        type: 1,
        encoding: 2,
        deadline,
      };
    });
    return Object.assign(entries, { count: entries.length, close: () => {} });
  }

  restore({ database, key, value, deadline, type, encoding }: SnapshotEntry): void {
    if (type !== 1 || encoding !== 2) throw new Error(`type ${type}, encoding ${encoding}`);
    const entry = { value: decoder.decode(value), deadline };
    this.entries.set(`${database}:${decoder.decode(key)}`, entry);
  }

  restoreDeadline(database: number, key: Uint8Array, deadline: number | undefined): void {
    const name = `${database}:${decoder.decode(key)}`;
    const entry = this.entries.get(name);
    if (entry !== undefined) this.entries.set(name, { ...entry, deadline });
  }

  restoreRemoval(database: number, key: Uint8Array): void {
    this.entries.delete(`${database}:${decoder.decode(key)}`);
  }

  swap(database: number, other: number): void {
    this.restoreSwap(database, other);
    this.log?.effects.swap(database, other);
  }

  restoreSwap(database: number, other: number): void {
    const all = [...this.entries];
    this.entries.clear();
    for (const [name, entry] of all) {
      const from = Number(name.slice(0, name.indexOf(':')));
      const to = from === database ? other : from === other ? database : from;
      this.entries.set(`${to}${name.slice(name.indexOf(':'))}`, entry);
    }
  }

  restoreFlush(database: number): void {
    for (const name of this.entries.keys())
      if (name.startsWith(`${database}:`)) this.entries.delete(name);
  }
}
