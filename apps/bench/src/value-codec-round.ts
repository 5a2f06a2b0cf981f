// One round of one codec, in a process of its own: its name and how long to measure come
// as arguments, and nanoseconds an operation go out as JSON.
import { isDeepStrictEqual } from 'node:util';
import { CODECS, VALUES } from './value-codec-subjects.ts';

const [name, milliseconds] = process.argv.slice(2);
const subject = CODECS.find((one) => one.name === name);
if (subject === undefined) throw new Error(`no codec is called ${name}`);
const codec = await subject.load();

/** What was computed goes here, so that nothing is optimized away. */
const sink: { last: unknown } = { last: undefined };

function time(run: () => unknown): number {
  const forMs = Number(milliseconds);
  const warmUntil = performance.now() + forMs / 2;
  while (performance.now() < warmUntil) sink.last = run();
  let operations = 0;
  const startedAt = performance.now();
  let now = startedAt;
  while (now - startedAt < forMs) {
    for (let i = 0; i < 64; i++) sink.last = run();
    operations += 64;
    now = performance.now();
  }
  return ((now - startedAt) * 1e6) / operations;
}

const measured: Record<string, number> = {};
for (const [kind, value] of Object.entries(VALUES)) {
  const bytes = codec.encode(value).slice();
  const encoded = subject.name === 'JSON' ? Buffer.from(bytes) : bytes;
  if (!isDeepStrictEqual(codec.decode(encoded), value)) throw new Error(`${kind} was changed`);
  measured[`encode ${kind}`] = time(() => codec.encode(value));
  measured[`decode ${kind}`] = time(() => codec.decode(encoded));
  measured[`bytes ${kind}`] = encoded.length;
}
console.log(JSON.stringify(measured));
