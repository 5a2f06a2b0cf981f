// One round of one store with or without TTLs, in a process of its own: the name of a peer,
// the number of keys, how many operations to measure at least and `plain` or `ttl` come as
// arguments, and nanoseconds an operation go out as JSON.
import { PEERS, type SubjectStore } from './embedded-store-peers.ts';

const WARM_UP_KEYS = 20_000;
const TTL_MS = 3_600_000;

const [name, count, operationsMin, mode] = process.argv.slice(2);
const peer = PEERS.find((one) => one.name === name);
if (peer === undefined) throw new Error(`no peer is called ${name}`);
const keyCount = Number(count);
const create = await peer.load();

const keys = Array.from({ length: keyCount }, (_, i) => `user:${i}:session`);
const values = keys.map((_, id) => ({ id }));
/** The order of reads: a step that has no divisor in common with the number of keys visits all. */
const readOrder = keys.map((_, i) => keys[(i * 7_368_787) % keyCount] as string);

const withTtl = mode === 'ttl';

async function fill(store: SubjectStore, limit: number): Promise<void> {
  const set = (withTtl ? store.setWithTtl : store.set) as NonNullable<SubjectStore['setWithTtl']>;
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

/**
 * Sums up the passes of one kind. The garbage collector runs when it wants to: what a store leaves
 * to it is a cost of that store, which a collection before each pass would hide.
 */
class Stopwatch {
  elapsedMs = 0;
  operations = 0;

  async time(pass: () => Promise<void>): Promise<void> {
    const startedAt = performance.now();
    await pass();
    this.elapsedMs += performance.now() - startedAt;
    this.operations += keyCount;
  }

  get nanoseconds(): number {
    return (this.elapsedMs * 1e6) / this.operations;
  }
}

const warmUp = Math.min(WARM_UP_KEYS, keyCount);
for (let pass = 0; pass < 8; pass++) {
  const store = create(warmUp);
  await fill(store, warmUp);
  await readAll(store, keys.slice(0, warmUp));
}
// A string computes its hash once; from here on all have theirs.
new Set(keys).clear();

const sets = new Stopwatch();
const gets = new Stopwatch();
for (let operations = 0; operations < Number(operationsMin); operations += keyCount) {
  const store = create(keyCount);
  await sets.time(() => fill(store, keyCount));
  await gets.time(() => readAll(store, readOrder));
}
const suffix = withTtl ? 'WithTtl' : '';
const measured = { [`get${suffix}`]: gets.nanoseconds, [`set${suffix}`]: sets.nanoseconds };
console.log(JSON.stringify(measured));
process.exit(0); // some have timers that keep the process alive
