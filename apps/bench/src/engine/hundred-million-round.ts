// One large store in a process of its own: the number of keys and of the samples come as
// arguments, and what was measured goes out as JSON.
import { fill } from './fill.ts';
import { randomIntegers } from './random.ts';
import { Output, Requests } from './requests.ts';
import { subjectNamed } from './subjects.ts';

const TICK = 500;
const KEY_BYTES = 16;
const VALUE_BYTES = 8;

const [keyCount, samples] = process.argv.slice(2).map(Number) as [number, number];
const subject = subjectNamed('ByteStore');
const requests = new Requests(TICK, VALUE_BYTES, KEY_BYTES);
const output = new Output(requests);
const random = randomIntegers(7_368_787);

globalThis.gc?.();
const empty = process.memoryUsage.rss();
const load = fill(subject, requests, keyCount, 'loading');
const resident = process.memoryUsage.rss();

let [get, set, right] = [0, 0, 0];
for (let done = 0; done < samples; done += TICK) {
  requests.putRandom(random, keyCount);
  output.bytes.fill(0);
  const startedAt = performance.now();
  subject.getAll(requests, output);
  const gotAt = performance.now();
  for (let i = 0; i < TICK; i++)
    if (output.keyNumber(i, requests) === requests.keyNumber(i)) right++;
  requests.putRandom(random, keyCount);
  const setAt = performance.now();
  subject.setAll(requests);
  get += gotAt - startedAt;
  set += performance.now() - setAt;
}
console.log(
  JSON.stringify({
    held: subject.size,
    resident,
    bytesPerKey: (resident - empty) / keyCount,
    load,
    get: (get * 1e6) / samples,
    set: (set * 1e6) / samples,
    right,
  }),
);
