// What LATENCY tells people, rather than programs.
import type { LatencyHistory, LatencySample } from './latency-monitor.ts';
import type { Diagnostics } from './ports.ts';

const WIDTH = 80;
const ROWS = 4;
/** From the bottom of a row to its top. */
const HEIGHTS = '_o#';
const FILLED = '|';

/** The last samples as columns, each with its age written downwards below it. */
export function latencyGraph(
  kind: string,
  { samples, longestMs }: LatencyHistory,
  now: number,
): string {
  const shown = samples.slice(-WIDTH);
  const all = shown.map(({ ms }) => ms);
  const [high, low] = [Math.max(...all), Math.min(...all)];
  const steps = ROWS * HEIGHTS.length;
  const columns = shown.map((sample) => {
    const step = Math.min(steps - 1, Math.floor(((sample.ms - low) * steps) / (high - low || 1)));
    return { step, age: ageText(sample, now) };
  });
  const rows = Array.from({ length: ROWS }, (_, row) =>
    columns.map(({ step }) => heightIn(step, ROWS - 1 - row)).join(''),
  );
  const labels = Math.max(...columns.map(({ age }) => age.length));
  const ages = Array.from({ length: labels }, (_, row) =>
    columns.map(({ age }) => age[row] ?? ' ').join(''),
  );
  const title = `${kind} - high ${high} ms, low ${low} ms (all time high ${longestMs} ms)`;
  return [title, '-'.repeat(WIDTH), ...rows, '', ...ages, ''].join('\n');
}

/** The part of a column that stands in a row, counted from below. */
function heightIn(step: number, row: number): string {
  const height = step - row * HEIGHTS.length;
  if (height < 0) return ' ';
  return HEIGHTS[height] ?? FILLED;
}

function ageText({ at }: LatencySample, now: number): string {
  const seconds = Math.max(0, Math.floor(now / 1000) - at);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

const DISABLED =
  'Nothing is watched: latency-monitor-threshold is 0. CONFIG SET latency-monitor-threshold <milliseconds> begins to keep every event that takes longer.';
const NOTHING = 'Nothing took longer than latency-monitor-threshold so far.';

const ADVICE: Readonly<Record<string, string>> = {
  command:
    'Commands of other than constant time were slow: SLOWLOG GET shows which. Read and write large values in parts, SCAN instead of KEYS, and several small pipelines instead of one command with very many keys.',
  'fast-command':
    'Commands of constant time were slow. That is rarely their own doing: look for other programs that use the processor, for memory that is swapped, and for very large values that are sent whole.',
};

/** What was slow, how often, and what can be done about it. */
export function latencyReport(
  all: readonly (readonly [kind: string, history: LatencyHistory])[],
  { latencyMs, slowerThanUs }: Diagnostics,
): string {
  if (all.length === 0) return `${latencyMs === 0 ? DISABLED : NOTHING}\n`;
  const lines = all.map(([kind, { samples, longestMs }], i) => {
    const average = samples.reduce((sum, { ms }) => sum + ms, 0) / samples.length;
    const deviation =
      samples.reduce((sum, { ms }) => sum + Math.abs(ms - average), 0) / samples.length;
    const period = ((samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)) / (samples.length - 1 || 1);
    return `${i + 1}. ${kind}: ${samples.length} latency spikes (average ${Math.round(average)}ms, mean deviation ${Math.round(deviation)}ms, period ${period.toFixed(2)} sec). Worst all time event ${longestMs}ms.`;
  });
  const advice = all.flatMap(([kind]) => ADVICE[kind] ?? []);
  if (slowerThanUs < 0 || slowerThanUs > latencyMs * 1000)
    advice.push(
      `The slow log keeps only what is slower than that: CONFIG SET slowlog-log-slower-than ${latencyMs * 1000} makes it see the same commands.`,
    );
  return `${[...lines, '', ...advice.map((line) => `- ${line}`)].join('\n')}\n`;
}
