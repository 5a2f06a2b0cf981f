// A store whose values change their size, in a process of its own: the number of keys and
// of writes a phase come as arguments, and bytes go out as JSON.
import { setTimeout as sleep } from 'node:timers/promises';
import { ByteStore } from '@kv/store';
import { CHURN_PHASES } from './churn-phases.ts';
import { progress } from './progress.ts';
import { randomIntegers } from './random.ts';
import { Requests } from './requests.ts';

const VALUE_BYTES_MAX = 400;
const REMOVALS = 5;

const [keyCount, writes] = process.argv.slice(2).map(Number) as [number, number];
const store = new ByteStore();
const database = store.at(0);
const requests = new Requests(1, VALUE_BYTES_MAX);
const random = randomIntegers(7_368_787);

/** What is resident once all that can be collected has been. */
async function resident(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(100);
  }
  return process.memoryUsage.rss();
}

const measured: Record<string, number> = { empty: await resident() };
for (const { name, min, max } of CHURN_PHASES) {
  const report = progress(name, writes);
  for (let i = 0; i < writes; i++) {
    requests.put(0, random(keyCount));
    if (random(REMOVALS) === 0) database.remove(requests, 0);
    else
      database.set(
        requests,
        0,
        requests.bytes,
        requests.keyBytes,
        min + random(max - min + 1),
        0,
        0,
      );
    report(i);
  }
  measured[`${name} live`] = store.liveBytes;
  measured[`${name} used`] = store.usedBytes;
  measured[`${name} segments`] = store.memory.usedBytes;
  measured[`${name} resident`] = process.memoryUsage.rss();
}
database.clear();
measured.cleared = await resident();
console.log(JSON.stringify(measured));
