// One subject in a process of its own: its name, the number of keys, and the milliseconds
// of the mixed load and of doing nothing come as arguments; milliseconds go out as JSON.
import { setImmediate as nextTick } from 'node:timers/promises';
import { Durations, largestIdleGap } from './durations.ts';
import { progress } from './progress.ts';
import { randomIntegers } from './random.ts';
import { Output, Requests } from './requests.ts';
import { subjectNamed } from './subjects.ts';

const TICK = 500;
const VALUE_BYTES = 64;
const SWEEP_INTERVAL_MS = 100;

const [name, ...numbers] = process.argv.slice(2);
const [keyCount, mixedMs, idleMs] = numbers.map(Number) as [number, number, number];
const subject = subjectNamed(name);
const requests = new Requests(TICK, VALUE_BYTES);
const output = new Output(requests);
const random = randomIntegers(7_368_787);

/** From the beginning of each tick to that of the next. */
async function ticks(runTick: () => boolean): Promise<Durations> {
  const durations = new Durations();
  let before = performance.now();
  while (runTick()) {
    await nextTick();
    const now = performance.now();
    durations.add(now - before);
    before = now;
  }
  return durations;
}

const idleBefore = largestIdleGap(idleMs);
const sweeping = setInterval(() => subject.sweep(), SWEEP_INTERVAL_MS);

const report = progress(`growing ${name}`, keyCount);
let grown = 0;
const growing = await ticks(() => {
  if (grown >= keyCount) return false;
  requests.putFrom(grown);
  subject.setAll(requests);
  grown += TICK;
  report(grown);
  return true;
});

const startedAt = performance.now();
const mixed = await ticks(() => {
  if (performance.now() - startedAt > mixedMs) return false;
  requests.putRandom(random, keyCount);
  subject.getAndSetAll(requests, output);
  return true;
});
clearInterval(sweeping);

console.log(
  JSON.stringify({
    p999: mixed.percentile(0.999),
    longest: mixed.max,
    growing: growing.max,
    idle: Math.max(idleBefore, largestIdleGap(idleMs)),
    perSecond: (mixed.count * TICK * 1000) / mixedMs,
  }),
);
