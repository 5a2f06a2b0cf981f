// Orders that survive a crash, without a server: run it again and again, with the same directory.
import { deserialize, serialize } from 'node:v8';
import { openLoggedStore } from '@kv/persistence';
import { ExpiringKeyValueStore } from '@kv/store';

const codec = { encode: serialize, decode: deserialize };
const store = new ExpiringKeyValueStore<{ item: string; at: Date }>();
const directory = process.argv[2] ?? './orders';
await using orders = await openLoggedStore({ directory, store, codec, fsync: 'always' });
orders.set(`order:${orders.size + 1}`, { item: 'tea', at: new Date() }, { ttlMs: 86_400_000 });
await orders.durable(); // survives a power failure from here on
// The next runs print 2, 3 ... however this one ends.
console.log(orders.size); // 1
if (process.argv[3] === 'crash') process.kill(process.pid, 'SIGKILL');
