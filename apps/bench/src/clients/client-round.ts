// One round of one client with one kind of values, in a process of its own: the name of a
// peer, host and port of its server, the kind and how long to measure come as arguments;
// operations a second, microseconds of CPU and bytes of heap an operation go out as JSON.
import { isDeepStrictEqual } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { VALUES } from '../value-codec-subjects.ts';
import { CLIENT_PEERS, type ValueKind } from './client-peers.ts';
import { CALL_NAMES, IN_FLIGHT } from './measured-calls.ts';

const KEY_COUNT = 10_000;

const [name, host = '', port, kind, measureMs] = process.argv.slice(2);
const peer = CLIENT_PEERS.find((one) => one.name === name);
if (peer === undefined) throw new Error(`no peer is called ${name}`);
const client = await peer.connect({ host, port: Number(port) }, kind as ValueKind);

const value = kind === 'strings' ? 'x'.repeat(64) : VALUES['200-byte object'];
const keys = Array.from({ length: KEY_COUNT }, (_, i) => `user:${i}:session`);
const key = (i: number) => keys[i % KEY_COUNT] as string;
const CALLS: Readonly<Record<string, (i: number) => Promise<unknown>>> = {
  set: (i) => client.set(key(i), value),
  get: (i) => client.get(key(i)),
};

/** Bytes of heap that were ever allocated; NaN where Node.js does not tell. */
function allocatedBytes(): number {
  const { total_allocated_bytes: bytes = Number.NaN } = getHeapStatistics() as {
    readonly total_allocated_bytes?: number;
  };
  return bytes;
}

/** Keeps so many calls in flight for a while. */
async function time(call: (i: number) => Promise<unknown>, inFlight: number, forMs: number) {
  let calls = 0;
  const allocatedBefore = allocatedBytes();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + forMs;
  const keepCalling = async () => {
    // The time is looked at now and then: that costs about as much as a fast client does.
    while (calls % 16 !== 0 || performance.now() < endsAt) await call(calls++);
  };
  await Promise.all(Array.from({ length: inFlight }, keepCalling));
  const elapsed = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    perSecond: (calls / elapsed) * 1000,
    cpu: (user + system) / calls,
    allocated: (allocatedBytes() - allocatedBefore) / calls,
  };
}

await Promise.all(keys.map((_, i) => CALLS.set?.(i)));
if (!isDeepStrictEqual(await client.get(key(0)), value)) throw new Error('a value was changed');
for (const call of Object.values(CALLS)) await time(call, 100, Number(measureMs));

const measured: Record<string, number> = {};
for (const inFlight of IN_FLIGHT) {
  for (const callName of CALL_NAMES) {
    const call = CALLS[callName] as (i: number) => Promise<unknown>;
    // What was compiled for another number of calls in flight is compiled anew first.
    await time(call, inFlight, Number(measureMs) / 2);
    const figures = await time(call, inFlight, Number(measureMs));
    for (const [name, figure] of Object.entries(figures))
      measured[`${callName} ${inFlight} ${name}`] = figure;
  }
}
await client.close();
console.log(JSON.stringify(measured));
