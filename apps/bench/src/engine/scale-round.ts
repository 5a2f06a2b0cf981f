// Three stores in one process: the operations of a pass and their sizes come as arguments,
// and nanoseconds an operation go out as JSON, by size.
import { Durations } from './durations.ts';
import { fill } from './fill.ts';
import { randomIntegers } from './random.ts';
import { Output, Requests } from './requests.ts';
import { subjectNamed } from './subjects.ts';

const TICK = 500;
const VALUE_BYTES = 64;
const PASSES = 9;

const [operationCount, ...sizes] = process.argv.slice(2).map(Number);
const ticks = Math.ceil((operationCount as number) / TICK);
const requests = new Requests(TICK, VALUE_BYTES);
const output = new Output(requests);
const random = randomIntegers(7_368_787);

const stores = sizes.map((size) => {
  const subject = subjectNamed('ByteStore');
  fill(subject, requests, size, `loading ${size} keys`);
  return { size, subject, passes: new Durations() };
});
for (let pass = 0; pass < PASSES; pass++) {
  for (const { size, subject, passes } of stores) {
    let elapsed = 0;
    for (let tick = 0; tick < ticks; tick++) {
      requests.putRandom(random, size);
      const startedAt = performance.now();
      subject.getAndSetAll(requests, output);
      elapsed += performance.now() - startedAt;
    }
    passes.add(elapsed);
  }
}
const measured = stores.map(({ size, passes }) => [size, (passes.median * 1e6) / (ticks * TICK)]);
console.log(JSON.stringify(Object.fromEntries(measured)));
