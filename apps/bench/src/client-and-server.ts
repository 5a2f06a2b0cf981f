import { connect, type KvClient } from '@kv/client';
import { startKvdProcess } from './kvd-process.ts';
import { type Effort, type Measurements, medians } from './rounds.ts';
import { printTable, type Row } from './table.ts';
import { VALUES } from './value-codec-subjects.ts';
import { versionOf } from './versions.ts';

const IN_FLIGHT = [1, 50, 1000] as const;
const KINDS = { strings: 'short string', '200-byte objects': '200-byte object' } as const;
const KEY_COUNT = 10_000;

type Call = (client: KvClient, key: string, value: unknown) => Promise<unknown>;
const CALLS: Readonly<Record<string, Call>> = {
  set: (client, key, value) => client.set(key, value),
  get: (client, key) => client.get(key),
};

/** @kv/client and kvd together, over TCP on this machine: no peer yet. */
export async function measureClientAndServer(measureMs: number, { rounds, budgetMs }: Effort) {
  await using kvd = await startKvdProcess();
  await using client = await connect(kvd.url);
  const keys = Array.from({ length: KEY_COUNT }, (_, i) => `user:${i}`);
  const measured: Measurements[] = [];
  const endsAt = performance.now() + budgetMs;
  // The first round warms both processes up.
  for (let round = 0; round <= rounds && performance.now() < endsAt; round++) {
    const one: Record<string, number> = {};
    for (const [kind, valueName] of Object.entries(KINDS)) {
      await client.setMany(keys.map((key) => [key, VALUES[valueName]]));
      for (const inFlight of IN_FLIGHT) {
        for (const [name, call] of Object.entries(CALLS)) {
          const make = (i: number) =>
            call(client, keys[i % KEY_COUNT] as string, VALUES[valueName]);
          Object.assign(one, await time(`${kind} ${inFlight} ${name}`, inFlight, measureMs, make));
        }
      }
    }
    if (round > 0) measured.push(one);
  }
  print(medians(measured), measured.length);
}

/** Keeps so many calls in flight for a while. */
async function time(
  name: string,
  inFlight: number,
  measureMs: number,
  call: (i: number) => Promise<unknown>,
): Promise<Measurements> {
  let calls = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + measureMs;
  const keepCalling = async () => {
    // The time is looked at now and then: that costs about as much as the client does.
    while (calls % 16 !== 0 || performance.now() < endsAt) await call(calls++);
  };
  await Promise.all(Array.from({ length: inFlight }, keepCalling));
  const elapsed = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    [`${name} perSecond`]: (calls / elapsed) * 1000,
    [`${name} cpu`]: (cpu.user + cpu.system) / calls,
  };
}

function print(result: Measurements, rounds: number): void {
  const rows = Object.keys(KINDS).flatMap((kind) =>
    IN_FLIGHT.map((inFlight): Row => {
      const cells = Object.keys(CALLS).flatMap((name) => {
        const perSecond = result[`${kind} ${inFlight} ${name} perSecond`] ?? Number.NaN;
        const alone = result[`${kind} 1 ${name} perSecond`] ?? Number.NaN;
        const cpu = result[`${kind} ${inFlight} ${name} cpu`] ?? Number.NaN;
        return [
          Math.round(perSecond).toLocaleString('en'),
          (perSecond / alone).toFixed(1),
          `${cpu.toFixed(2)} µs`,
        ];
      });
      return [`${kind}, ${inFlight.toLocaleString('en')} in flight`, ...cells];
    }),
  );
  printTable(
    `@kv/client ${versionOf('@kv/client')} and kvd ${versionOf('@kv/kvd')} over TCP: operations a second (higher is better)`,
    Object.keys(CALLS).flatMap((name) => [`${name}s/s`, 'to 1 in flight', 'client CPU']),
    rows,
    [
      'One client, one connection, kvd in a process of its own. Client CPU is user and system time an operation.',
      `Medians of ${rounds} rounds.`,
    ],
  );
}
