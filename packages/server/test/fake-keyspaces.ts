import type { ByteRanges, Clock, Keyspace, KeyspaceObserver, Keyspaces } from '../src/ports.ts';

interface Entry {
  key: Uint8Array;
  value: Uint8Array;
  encoding: number;
  deadline: number;
}

const nameOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const keyOf = ({ bytes, offset, length }: ByteRanges, key: number): Uint8Array => {
  const from = offset[key] as number;
  return bytes.slice(from, from + (length[key] as number));
};

/** A database of the simplest kind: a Map, whose entries have numbers from 1 on. */
class FakeKeyspace implements Keyspace {
  private readonly refs = new Map<string, number>();
  private readonly entries: (Entry | undefined)[] = [undefined];
  private readonly clock: { now: number };

  constructor(clock: { now: number }) {
    this.clock = clock;
  }

  get size(): number {
    return this.refs.size;
  }

  get expiringSize(): number {
    return [...this.refs.values()].filter((ref) => this.entry(ref).deadline !== 0).length;
  }

  private entry(ref: number): Entry {
    return this.entries[ref] as Entry;
  }

  prefetch(): void {}

  find(ranges: ByteRanges, key: number): number {
    const ref = this.refs.get(nameOf(keyOf(ranges, key))) ?? 0;
    if (ref === 0) return 0;
    const { deadline } = this.entry(ref);
    return deadline !== 0 && this.clock.now >= deadline ? 0 : ref;
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
    const bytes = keyOf(ranges, key);
    this.refs.set(nameOf(bytes), this.entries.length);
    this.entries.push({
      key: bytes,
      value: Uint8Array.prototype.slice.call(value, offset, offset + length),
      encoding,
      deadline,
    });
  }

  overwrite(ref: number, value: Uint8Array, offset: number, length: number): boolean {
    const entry = this.entry(ref);
    if (entry.value.length !== length) return false;
    entry.value = Uint8Array.prototype.slice.call(value, offset, offset + length);
    return true;
  }

  setDeadline(ranges: ByteRanges, key: number, deadline: number): void {
    this.entry(this.find(ranges, key)).deadline = deadline;
  }

  remove(ranges: ByteRanges, key: number): boolean {
    const found = this.find(ranges, key) !== 0;
    this.refs.delete(nameOf(keyOf(ranges, key)));
    return found;
  }

  frequencyOf(): number {
    return 0;
  }

  typeOf(): number {
    return 0;
  }
  deadlineOf(ref: number): number {
    return this.entry(ref).deadline;
  }
  memoryOf(ref: number): number {
    const { key, value } = this.entry(ref);
    return 8 + key.length + value.length;
  }
  valueView(ref: number): Uint8Array {
    return this.entry(ref).value;
  }
  keyOf(ref: number): Uint8Array {
    return this.entry(ref).key;
  }
  valueLength(ref: number): number {
    return this.entry(ref).value.length;
  }
  encodingOf(ref: number): number {
    return this.entry(ref).encoding;
  }
  copyValue(ref: number, target: Uint8Array, _view: DataView, offset: number): void {
    target.set(this.entry(ref).value, offset);
  }

  stableValue(): undefined {}
  plainLength(): number {
    return -1;
  }

  scan(cursor: number, count: number, visit: (ref: number) => void): number {
    const refs = [...this.refs.values()].sort((a, b) => a - b).filter((ref) => ref > cursor);
    for (const ref of refs.slice(0, count)) visit(ref);
    return refs.length > count ? (refs[count - 1] as number) : 0;
  }

  random(): number {
    return this.refs.values().next().value ?? 0;
  }

  clear(): number {
    const { size } = this;
    this.refs.clear();
    return size;
  }
}

/** Sixteen databases, without expiry sweep, memory limit or persistence. */
export class FakeKeyspaces implements Keyspaces {
  readonly count = 16;
  readonly expired = 0;
  readonly evicted = 0;
  readonly usedBytes = 2048;
  readonly liveBytes = 1024;
  readonly maxBytes = 0;
  readonly evictionPolicy = 'noeviction';
  observer: KeyspaceObserver | undefined;
  readonly longestPauseMs = { expiry: 0.5 };
  touching = true;
  /** What `makeRoom` answers. */
  hasRoom = true;
  now: number;
  private readonly databases = new Map<number, FakeKeyspace>();

  constructor(clock: Clock) {
    this.now = clock.now();
  }

  at(index: number): Keyspace {
    const known = this.databases.get(index) ?? new FakeKeyspace(this);
    this.databases.set(index, known);
    return known;
  }

  swap(one: number, other: number): void {
    const [first, second] = [this.at(one), this.at(other)] as [FakeKeyspace, FakeKeyspace];
    this.databases.set(one, second);
    this.databases.set(other, first);
  }

  makeRoom(): boolean {
    return this.hasRoom;
  }

  *used(): Iterable<readonly [number, Keyspace]> {
    for (const [index, db] of this.databases) if (db.size > 0) yield [index, db];
  }
}
