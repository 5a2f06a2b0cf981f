// pnpm sim [--seed N [--count N] | --seeds A..B] [--keeping always|everysec|no|snapshots]
//          [--plant NAME] [--trace]
import { parseArgs } from 'node:util';
import { PLANTS, plantModule } from './plants.ts';
import type { Keeping } from './settings.ts';
import type { SimulationResult } from './simulation.ts';

const PROGRESS_MS = 5_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    keeping: { type: 'string' },
    plant: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

function usage(message: string): never {
  console.error(message);
  process.exit(64);
}

const range = /^(\d+)\.\.(\d+)$/.exec(values.seeds ?? '');
if (values.seeds !== undefined && range === null) usage('--seeds is A..B');
const first = Number(range?.[1] ?? values.seed ?? Date.now() % 1_000_000_000);
const last = Number(range?.[2] ?? first + Number(values.count) - 1);
if (!Number.isSafeInteger(first) || !(last >= first)) usage('a seed is a whole number');
const plant = values.plant === undefined ? undefined : PLANTS[values.plant];
if (values.plant !== undefined && plant === undefined)
  usage(`--plant is one of ${Object.keys(PLANTS).join(', ')}`);
if (plant?.module !== undefined) plantModule(plant.module);
const keeping = (values.keeping ?? plant?.keeping) as Keeping | undefined;
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
