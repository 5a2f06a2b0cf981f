// pnpm hostile: see the text below, which --help prints.
import { readArguments, refuse } from '../command-line.ts';
import { holdIdleConnections, runOutOfDescriptors, trickle } from './crowds.ts';
import { sendMutatedFrames } from './mutated-frames.ts';
import { ignoreReplies } from './slow-readers.ts';
import type { Outcome } from './target.ts';

let shownAt = 0;
function showProgress(done: number): void {
  if (performance.now() < shownAt + 10_000) return;
  shownAt = performance.now();
  console.error(`${done.toLocaleString('en')} of ${frames.toLocaleString('en')} frames`);
}

const SCENARIOS: ReadonlyMap<string, () => Promise<Outcome>> = new Map([
  ['idle', () => holdIdleConnections(10_000)],
  ['trickle', () => trickle(1000, 40, 1000)],
  ['slow-readers', () => ignoreReplies(10, 40_000)],
  ['descriptors', () => runOutOfDescriptors(200)],
  ['frames', () => sendMutatedFrames(frames, seed, showProgress)],
]);

const USAGE = `pnpm hostile [--frames N] [--seed N] [NAME...]

What clients may do to a server, in full length: all scenarios, or those named.
They are ${[...SCENARIOS.keys()].join(', ')}.

  --frames N   how many mutated frames, 5000000 by default
  --seed N     what they are drawn by; of the clock by default`;

const { values, positionals } = readArguments(USAGE, {
  allowPositionals: true,
  options: {
    frames: { type: 'string', default: '5000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const frames = Number(values.frames);
const seed = Number(values.seed);
if (!Number.isSafeInteger(frames) || !Number.isSafeInteger(seed) || frames < 1)
  refuse(USAGE, '--frames and --seed are whole numbers');
const unknown = positionals.filter((name) => !SCENARIOS.has(name));
if (unknown.length > 0) refuse(USAGE, `there is no scenario ${unknown.join(', ')}`);
for (const [name, run] of SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const { figures, failures } = await run();
  const shown = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
  console.log(`${name}: ${shown.join(', ')}${name === 'frames' ? `, --seed ${seed}` : ''}`);
  for (const failure of failures) console.log(`  FAILED: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}
