import type { ByteRanges, Keyspace } from '@kv/server';
import { ExpiringKeyValueStore } from '@kv/store';

/** What a key holds. Never changed once made: a snapshot that is being written may refer to it. */
interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly type: number;
  readonly encoding: number;
  /** Unix milliseconds; 0 is none. */
  readonly deadline: number;
  /** The entry's place in `slots`, which it keeps as long as the key exists. */
  readonly slot: number;
}

/** What keyspaces share: the time, and who hears of changes. */
export interface KeyspaceHost {
  readonly now: number;
  /** Something was written, deleted or expired. */
  changed(): void;
  expired(): void;
  random(): number;
}

/** Draws at random before a sparse table is gone through instead. */
const DRAWS_MAX = 64;

/** One character a byte, so that any key can be a string. */
function stringOf(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, from, from + length);
}

/**
 * One numbered database on an `ExpiringKeyValueStore`: keys are strings of one
 * character a byte, values are bytes of their own.
 *
 * Beside the store every entry has a slot in an array. SCAN's cursor is a place in
 * that array, so a key that stays is visited exactly once, whatever comes and goes.
 */
export class MapKeyspace implements Keyspace {
  private readonly host: KeyspaceHost;
  private readonly store: ExpiringKeyValueStore<Entry>;
  private slots: (Entry | undefined)[] = [];
  private readonly freeSlots: number[] = [];
  /** The records handed out; a ref is a place here, plus 1. */
  private readonly found: Entry[] = [];
  expiringSize = 0;

  constructor(host: KeyspaceHost) {
    this.host = host;
    this.store = new ExpiringKeyValueStore<Entry>({
      clock: { now: () => host.now },
      onExpire: (_key, entry) => {
        this.vacate(entry);
        host.expired();
        host.changed();
      },
    });
  }

  get size(): number {
    return this.store.size;
  }

  /** Forgets the refs that were handed out. */
  forget(): void {
    this.found.length = 0;
  }

  find(ranges: ByteRanges, key: number): number {
    const entry = this.store.get(keyString(ranges, key));
    return entry === undefined ? 0 : this.found.push(entry);
  }

  set(
    ranges: ByteRanges,
    key: number,
    value: Uint8Array,
    offset: number,
    length: number,
    encoding: number,
    deadline: number,
  ): void {
    const name = keyString(ranges, key);
    const old = this.store.get(name);
    this.put(name, old, {
      key: old?.key ?? copy(ranges.bytes, ranges.offset[key] as number, name.length),
      value: copy(value, offset, length),
      type: 0,
      encoding,
      deadline,
      slot: old?.slot ?? this.freeSlot(),
    });
    this.host.changed();
  }

  /** Takes an entry of a snapshot: no change that would have to be saved. */
  restore(
    key: Uint8Array,
    value: Uint8Array,
    type: number,
    encoding: number,
    deadline: number,
  ): void {
    const name = stringOf(key, 0, key.length);
    const old = this.store.get(name);
    const slot = old?.slot ?? this.freeSlot();
    this.put(name, old, {
      key: copy(key, 0, key.length),
      value: copy(value, 0, value.length),
      type,
      encoding,
      deadline,
      slot,
    });
  }

  setDeadline(ranges: ByteRanges, key: number, deadline: number): void {
    const name = keyString(ranges, key);
    const old = this.store.get(name);
    if (old === undefined) return;
    this.put(name, old, { ...old, deadline });
    this.host.changed();
  }

  /** A deadline that has passed already makes the store expire the entry, and so vacate its slot. */
  private put(name: string, old: Entry | undefined, entry: Entry): void {
    if (old !== undefined && old.deadline !== 0) this.expiringSize--;
    if (entry.deadline !== 0) this.expiringSize++;
    this.slots[entry.slot] = entry;
    if (entry.deadline === 0) this.store.set(name, entry);
    else this.store.set(name, entry, { deadline: Math.max(1, entry.deadline) });
  }

  remove(ranges: ByteRanges, key: number): boolean {
    const name = keyString(ranges, key);
    const entry = this.store.get(name);
    if (entry === undefined) return false;
    this.store.delete(name);
    this.vacate(entry);
    this.host.changed();
    return true;
  }

  private freeSlot(): number {
    return this.freeSlots.pop() ?? this.slots.length;
  }

  private vacate(entry: Entry): void {
    this.slots[entry.slot] = undefined;
    this.freeSlots.push(entry.slot);
    if (entry.deadline !== 0) this.expiringSize--;
  }

  private at(ref: number): Entry {
    return this.found[ref - 1] as Entry;
  }

  typeOf(ref: number): number {
    return this.at(ref).type;
  }

  encodingOf(ref: number): number {
    return this.at(ref).encoding;
  }

  deadlineOf(ref: number): number {
    return this.at(ref).deadline;
  }

  valueLength(ref: number): number {
    return this.at(ref).value.length;
  }

  valueView(ref: number): Uint8Array {
    return this.at(ref).value;
  }

  keyView(ref: number): Uint8Array {
    return this.at(ref).key;
  }

  copyValue(ref: number, target: Uint8Array, offset: number): void {
    target.set(this.at(ref).value, offset);
  }

  scan(cursor: number, count: number, visit: (ref: number) => void): number {
    const end = Math.min(this.slots.length, cursor + count);
    const refs = this.found.length;
    for (let at = cursor; at < end; at++) {
      const entry = this.slots[at];
      if (entry === undefined || this.isExpired(entry)) continue;
      visit(this.found.push(entry));
      this.found.length = refs;
    }
    return end < this.slots.length ? end : 0;
  }

  random(): number {
    for (let draw = 0; draw < DRAWS_MAX && this.slots.length > 0; draw++) {
      const entry = this.slots[Math.floor(this.host.random() * this.slots.length)];
      if (entry !== undefined && !this.isExpired(entry)) return this.found.push(entry);
    }
    const live = this.slots.filter((entry) => entry !== undefined && !this.isExpired(entry));
    const chosen = live[Math.floor(this.host.random() * live.length)];
    return chosen === undefined ? 0 : this.found.push(chosen);
  }

  clear(): number {
    const removed = this.store.clear();
    this.slots = [];
    this.freeSlots.length = 0;
    this.expiringSize = 0;
    return removed;
  }

  /** Removes expired entries, looking at `budget` deadlines; answers how many it removed. */
  sweep(budget: number): number {
    return this.store.sweep(budget);
  }

  /** The entries of this moment. They are never changed, so the list is a point-in-time view. */
  entries(): Entry[] {
    return this.slots.filter(
      (entry): entry is Entry => entry !== undefined && !this.isExpired(entry),
    );
  }

  private isExpired({ deadline }: Entry): boolean {
    return deadline !== 0 && deadline <= this.host.now;
  }
}

function keyString(ranges: ByteRanges, key: number): string {
  return stringOf(ranges.bytes, ranges.offset[key] as number, ranges.length[key] as number);
}

function copy(bytes: Uint8Array, from: number, length: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, from, from + length);
}
