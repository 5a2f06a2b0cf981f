// A cache that survives a restart: run it twice, with the same directory.
import { deserialize, serialize } from 'node:v8';
import { openSnapshots } from '@kv/persistence';
import { type Clock, ExpiringKeyValueStore } from '@kv/store';

interface Visit {
  readonly name: string;
  readonly at: Date;
}

/** Remembers a visitor for a day; answers who was remembered when the cache was opened. */
export async function visit(directory: string, name: string, clock: Clock = Date) {
  const store = new ExpiringKeyValueStore<Visit>({ clock });
  const codec = { encode: serialize, decode: deserialize };
  const snapshots = await openSnapshots({ directory, store, codec, clock }); // loads
  const remembered = [...store].map(([key, { at }]) => ({ key, at, ttlMs: store.ttlMs(key) }));
  store.set(`visitor:${name}`, { name, at: new Date(clock.now()) }, { ttlMs: 86_400_000 });
  await snapshots.close(); // saves
  return remembered;
}

if (process.argv[1] === import.meta.filename) {
  const [directory = './data', name = 'Alice'] = process.argv.slice(2);
  console.log(await visit(directory, name));
}
