// pnpm sim: see the text below, which --help prints.
import { readArguments, refuse } from '../command-line.ts';
import { PLANTS, plantModule } from './plants.ts';
import type { Keeping } from './settings.ts';
import type { SimulationResult } from './simulation.ts';

const PROGRESS_MS = 5_000;

const KEEPINGS: readonly Keeping[] = ['always', 'everysec', 'no', 'snapshots'];
const USAGE = `pnpm sim [--seed N [--count N] | --seeds A..B] [--keeping HOW] [--plant NAME] [--trace]

Runs the whole system on a simulated disk, network and clock, once for each seed, with faults and
crashes, and stops at the first run in which something is lost. A seed gives the same run each time.

  --seed N         the seed, or the first of them; one drawn by the clock by default
  --count N        how many seeds, 1 by default
  --seeds A..B     the seeds from A to B
  --keeping HOW    ${KEEPINGS.join(', ')}; drawn by the seed by default
  --plant NAME     with a bug, to see it caught: ${Object.keys(PLANTS).join(', ')}
  --trace          prints every event`;

const { values } = readArguments(USAGE, {
  options: {
    seed: { type: 'string' },
    count: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    keeping: { type: 'string' },
    plant: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});
const range = /^(\d+)\.\.(\d+)$/.exec(values.seeds ?? '');
if (values.seeds !== undefined && range === null) refuse(USAGE, '--seeds is A..B');
const first = Number(range?.[1] ?? values.seed ?? Date.now() % 1_000_000_000);
const last = Number(range?.[2] ?? first + Number(values.count) - 1);
if (!Number.isSafeInteger(first) || !(last >= first))
  refuse(USAGE, 'seeds and counts are whole numbers');
const plant = values.plant === undefined ? undefined : PLANTS[values.plant];
if (values.plant !== undefined && plant === undefined)
  refuse(USAGE, `there is no bug called ${values.plant}`);
const keeping = (values.keeping ?? plant?.keeping) as Keeping | undefined;
if (keeping !== undefined && !KEEPINGS.includes(keeping))
  refuse(USAGE, `--keeping is not ${keeping}`);
if (plant?.module !== undefined) plantModule(plant.module);
// Not before a bug has been planted.
const { simulate } = await import('./simulation.ts');

function replay(seed: number): string {
  const words = [`pnpm sim --seed ${seed}`];
  if (values.keeping !== undefined) words.push(`--keeping ${values.keeping}`);
  if (values.plant !== undefined) words.push(`--plant ${values.plant}`);
  return words.join(' ');
}

function show({ seed, settings, failure, operations, endings, trace }: SimulationResult): void {
  const { keeping: kept, clients, flags } = settings;
  console.log(
    `seed ${seed}: ${kept}, ${clients} clients, ${operations} operations, ${endings.join(', ')}; trace ${trace.slice(0, 16)}`,
  );
  if (failure === undefined) return;
  if (!values.trace) for (const event of failure.events) console.log(event);
  console.log(`FAILED: ${failure.message}`);
  console.log(`with ${JSON.stringify(flags)}`);
  console.log(`again, with every event: ${replay(seed)} --trace`);
}

const began = performance.now();
let shownAt = began;
let operations = 0;
let simulatedMs = 0;
let crashes = 0;
let failed = 0;
for (let seed = first; seed <= last && failed === 0; seed++) {
  const onEvent = values.trace ? console.log : undefined;
  const result = await simulate({ seed, keeping, around: plant?.around, onEvent });
  operations += result.operations;
  simulatedMs += result.simulatedMs;
  crashes += result.endings.filter((how) => how !== 'SIGTERM').length;
  if (result.failure !== undefined) failed++;
  if (result.failure !== undefined || first === last) show(result);
  if (performance.now() < shownAt + PROGRESS_MS) continue;
  shownAt = performance.now();
  console.error(`${seed - first + 1} of ${last - first + 1} seeds, ${operations} operations`);
}
const seconds = ((performance.now() - began) / 1000).toFixed(1);
const simulated = (simulatedMs / 1000).toFixed(0);
console.log(
  `${operations} operations, ${crashes} crashes in ${simulated} simulated seconds and ${seconds} real ones`,
);
if (failed > 0) process.exitCode = 1;
