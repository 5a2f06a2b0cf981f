// One round of one store, in a process of its own: the name of a peer, the number of keys
// and how many operations to measure at least come as arguments, and nanoseconds an
// operation go out as JSON.
import { PEERS, type SubjectStore } from './embedded-store-peers.ts';

const WARM_UP_KEYS = 20_000;
const TTL_MS = 3_600_000;

const [name, count, operationsMin] = process.argv.slice(2);
const peer = PEERS.find((one) => one.name === name);
if (peer === undefined) throw new Error(`no peer is called ${name}`);
const keyCount = Number(count);
const create = await peer.load();

const keys = Array.from({ length: keyCount }, (_, i) => `user:${i}:session`);
const values = keys.map((_, id) => ({ id }));
/** The order of reads: a step that has no divisor in common with the number of keys visits all. */
const readOrder = keys.map((_, i) => keys[(i * 7_368_787) % keyCount] as string);

type Setter = (store: SubjectStore) => SubjectStore['setWithTtl'];
const plainSet: Setter = (store) => store.set;
const ttlSet: Setter = (store) => store.setWithTtl;

async function fill(store: SubjectStore, setter: Setter, limit: number): Promise<void> {
  const set = setter(store) as NonNullable<SubjectStore['setWithTtl']>;
  if (peer?.asynchronous)
    for (let i = 0; i < limit; i++) await set(keys[i] as string, values[i] as object, TTL_MS);
  else for (let i = 0; i < limit; i++) set(keys[i] as string, values[i] as object, TTL_MS);
}

async function readAll(store: SubjectStore, order: readonly string[]): Promise<void> {
  let found = 0;
  if (peer?.asynchronous) {
    for (const key of order) if ((await store.get(key)) !== undefined) found++;
  } else {
    for (const key of order) if (store.get(key) !== undefined) found++;
  }
  if (found !== order.length) throw new Error(`${found} of ${order.length} keys were found`);
}

/** Sums up the passes of one kind. */
class Stopwatch {
  elapsedMs = 0;
  operations = 0;

  async time(pass: () => Promise<void>): Promise<void> {
    globalThis.gc?.();
    const startedAt = performance.now();
    await pass();
    this.elapsedMs += performance.now() - startedAt;
    this.operations += keyCount;
  }

  get nanoseconds(): number {
    return (this.elapsedMs * 1e6) / this.operations;
  }
}

interface Mode {
  readonly suffix: '' | 'WithTtl';
  readonly setter: Setter;
  readonly sets: Stopwatch;
  readonly gets: Stopwatch;
}

const mode = (suffix: Mode['suffix'], setter: Setter): Mode => {
  return { suffix, setter, sets: new Stopwatch(), gets: new Stopwatch() };
};
const knowsTtl = create(1).setWithTtl !== undefined;
const modes = [mode('', plainSet), mode('WithTtl', knowsTtl ? ttlSet : plainSet)];

const warmUp = Math.min(WARM_UP_KEYS, keyCount);
for (let pass = 0; pass < 4; pass++) {
  for (const { setter } of modes) {
    const store = create(warmUp);
    await fill(store, setter, warmUp);
    await readAll(store, keys.slice(0, warmUp));
  }
}
// A string computes its hash once; from here on all have theirs.
new Set(keys).clear();

// The kinds take turns, so that none has the younger heap.
for (let operations = 0; operations < Number(operationsMin); operations += keyCount) {
  for (const { setter, sets, gets } of modes) {
    const store = create(keyCount);
    await sets.time(() => fill(store, setter, keyCount));
    await gets.time(() => readAll(store, readOrder));
  }
}
const measured: Record<string, number> = {};
for (const { suffix, sets, gets } of knowsTtl ? modes : modes.slice(0, 1)) {
  measured[`get${suffix}`] = gets.nanoseconds;
  measured[`set${suffix}`] = sets.nanoseconds;
}
console.log(JSON.stringify(measured));
process.exit(0); // some have timers that keep the process alive
