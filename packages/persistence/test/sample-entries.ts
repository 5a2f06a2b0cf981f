import type { EntrySink, EntrySource, SnapshotEntry } from '../src/entry.ts';

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** An entry with what is given, and plain values for the rest. */
export function entry(given: Partial<SnapshotEntry> = {}): SnapshotEntry {
  return {
    database: 0,
    key: bytes('key'),
    value: bytes('value'),
    type: 0,
    encoding: 0,
    deadline: undefined,
    ...given,
  };
}

/** `count` different entries whose values hold `valueBytes` bytes. */
export function manyEntries(count: number, valueBytes = 8): SnapshotEntry[] {
  return Array.from({ length: count }, (_, i) =>
    entry({ key: bytes(`key:${i}`), value: new Uint8Array(valueBytes).fill(i) }),
  );
}

/** A source that counts how often views were opened and closed. */
export class SampleSource implements EntrySource {
  entries: readonly SnapshotEntry[];
  frozen = 0;
  closed = 0;

  constructor(entries: readonly SnapshotEntry[]) {
    this.entries = entries;
  }

  freeze() {
    const entries = this.entries;
    this.frozen += 1;
    return {
      count: entries.length,
      [Symbol.iterator]: () => entries[Symbol.iterator](),
      close: () => {
        this.closed += 1;
      },
    };
  }
}

/** A sink that keeps copies, as sinks must. */
export class SampleSink implements EntrySink {
  readonly entries: SnapshotEntry[] = [];

  restore(entry: SnapshotEntry): void {
    this.entries.push({ ...entry, key: entry.key.slice(), value: entry.value.slice() });
  }
}
