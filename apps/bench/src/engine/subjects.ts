// What is compared inside one process. Each loop goes over a whole tick of requests, and
// a process runs one subject only: the hot sites see one class, as in a server.
import { type ByteDatabase, ByteStore } from '@kv/store';
import type { Output, Requests } from './requests.ts';

/** A store of bytes that answers requests out of one buffer into another. */
export interface Subject {
  /** Entries. */
  readonly size: number;
  setAll(requests: Requests): void;
  /** Copies every value into `output`; answers how many there were. */
  getAll(requests: Requests, output: Output): number;
  /** Gets and sets by turns. */
  getAndSetAll(requests: Requests, output: Output): void;
  /** What a server does ten times a second. */
  sweep(): void;
}

/** As kvd's. */
const SWEEP_BUDGET = 5000;

/** The engine's own interface: look-ups by byte range, values copied out. */
class ByteStoreSubject implements Subject {
  private readonly store = new ByteStore();
  private readonly database: ByteDatabase = this.store.at(0);

  constructor() {
    this.store.now = Date.now();
  }

  get size(): number {
    return this.database.size;
  }

  setAll(requests: Requests): void {
    for (let i = 0; i < requests.count; i++) this.set(requests, i);
  }

  getAll(requests: Requests, output: Output): number {
    let found = 0;
    for (let i = 0; i < requests.count; i++) found += this.get(requests, i, output);
    return found;
  }

  getAndSetAll(requests: Requests, output: Output): void {
    for (let i = 0; i + 1 < requests.count; i += 2) {
      this.get(requests, i, output);
      this.set(requests, i + 1);
    }
  }

  private get(requests: Requests, i: number, output: Output): number {
    const ref = this.database.find(requests, i);
    if (ref === 0) return 0;
    this.database.copyValue(ref, output.bytes, output.view, i * requests.valueBytes);
    return 1;
  }

  private set(requests: Requests, i: number): void {
    const value = (requests.offset[i] as number) + requests.keyBytes;
    this.database.set(requests, i, requests.bytes, value, requests.valueBytes, 0, 0);
  }

  sweep(): void {
    this.store.now = Date.now();
    this.store.sweep(SWEEP_BUDGET);
  }
}

/** A server's plainest store: the key becomes a string, the value a copy out of the input. */
class MapSubject implements Subject {
  private readonly map = new Map<string, Buffer>();

  get size(): number {
    return this.map.size;
  }

  setAll(requests: Requests): void {
    for (let i = 0; i < requests.count; i++) this.set(requests, i);
  }

  getAll(requests: Requests, output: Output): number {
    let found = 0;
    for (let i = 0; i < requests.count; i++) found += this.get(requests, i, output);
    return found;
  }

  getAndSetAll(requests: Requests, output: Output): void {
    for (let i = 0; i + 1 < requests.count; i += 2) {
      this.get(requests, i, output);
      this.set(requests, i + 1);
    }
  }

  private get(requests: Requests, i: number, output: Output): number {
    const at = requests.offset[i] as number;
    const value = this.map.get(requests.bytes.toString('latin1', at, at + requests.keyBytes));
    if (value === undefined) return 0;
    output.bytes.set(value, i * requests.valueBytes);
    return 1;
  }

  private set(requests: Requests, i: number): void {
    const { bytes, keyBytes, valueBytes } = requests;
    const at = requests.offset[i] as number;
    const value = Buffer.allocUnsafe(valueBytes);
    bytes.copy(value, 0, at + keyBytes, at + keyBytes + valueBytes);
    this.map.set(bytes.toString('latin1', at, at + keyBytes), value);
  }

  sweep(): void {}
}

/** By the name that a table shows. */
export const SUBJECTS: ReadonlyMap<string, () => Subject> = new Map<string, () => Subject>([
  ['ByteStore', () => new ByteStoreSubject()],
  ['Map<string, Buffer>', () => new MapSubject()],
]);

/** The subject that a round was started for. */
export function subjectNamed(name: string | undefined): Subject {
  const create = SUBJECTS.get(String(name));
  if (create === undefined) throw new Error(`no subject is called ${name}`);
  return create();
}
