// One round of one subject, in a process of its own: its name, the number of keys and of
// operations come as arguments, and nanoseconds an operation go out as JSON.
import { fill } from './fill.ts';
import { randomIntegers } from './random.ts';
import { Output, Requests } from './requests.ts';
import { subjectNamed } from './subjects.ts';

const TICK = 500;
const VALUE_BYTES = 64;

const [name, count, operationCount] = process.argv.slice(2);
const subject = subjectNamed(name);
const keyCount = Number(count);
const ticks = Math.ceil(Number(operationCount) / TICK);
const requests = new Requests(TICK, VALUE_BYTES);
const output = new Output(requests);
const random = randomIntegers(7_368_787);

/** Nanoseconds an operation; making the requests is not counted. */
function time(run: () => void): number {
  let elapsed = 0;
  for (let tick = 0; tick < ticks; tick++) {
    requests.putRandom(random, keyCount);
    const startedAt = performance.now();
    run();
    elapsed += performance.now() - startedAt;
  }
  return (elapsed * 1e6) / (ticks * TICK);
}

function getAll(): void {
  if (subject.getAll(requests, output) !== TICK) throw new Error('a key is missing');
}

const load = fill(subject, requests, keyCount, `loading ${name}`);
subject.getAndSetAll(requests, output);
const get = time(getAll);
const set = time(() => subject.setAll(requests));
getAll();
const last = TICK - 1;
if (output.keyNumber(last, requests) !== requests.keyNumber(last))
  throw new Error('a value is not what was set');
console.log(JSON.stringify({ get, set, load }));
