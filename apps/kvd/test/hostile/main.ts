// pnpm hostile [--frames N] [--seed N] [NAME...]: what clients may do to a server, in full length.
// The names are those of the scenarios below; all of them by default.
import { parseArgs } from 'node:util';
import { holdIdleConnections, runOutOfDescriptors, trickle } from './crowds.ts';
import { sendMutatedFrames } from './mutated-frames.ts';
import { ignoreReplies } from './slow-readers.ts';
import type { Outcome } from './target.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    frames: { type: 'string', default: '5000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const frames = Number(values.frames);
const seed = Number(values.seed);

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

const unknown = positionals.filter((name) => !SCENARIOS.has(name));
if (unknown.length > 0) {
  console.error(`no scenario ${unknown.join(', ')}: there are ${[...SCENARIOS.keys()].join(', ')}`);
  process.exit(64);
}
for (const [name, run] of SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const { figures, failures } = await run();
  const shown = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
  console.log(`${name}: ${shown.join(', ')}${name === 'frames' ? `, --seed ${seed}` : ''}`);
  for (const failure of failures) console.log(`  FAILED: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}
