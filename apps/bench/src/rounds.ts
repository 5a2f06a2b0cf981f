import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './ratio.ts';

/** What a round measured, by name; each a number of nanoseconds. */
export type Measurements = Readonly<Record<string, number>>;

/** How long a comparison may take. */
export interface Effort {
  readonly rounds: number;
  /** No round begins when this much time has passed. */
  readonly budgetMs: number;
}

/** One thing to measure: a program of its own, so that subjects do not spoil each other's code. */
export interface Subject {
  readonly name: string;
  readonly program: URL;
  readonly args: readonly string[];
  /** A slow one has its turn in so many rounds at most. */
  readonly roundsMax?: number;
  /** What JavaScript's heap may take, in MiB. */
  readonly heapMax?: number;
  /** What a half of its young generation takes from the beginning, in MiB: more is collected less often. */
  readonly youngHalf?: number;
  /** How long a round may take. */
  readonly roundMsMax?: number;
}

const ROUND_MS_MAX = 60_000;
const HEAP_MAX = 3000;

/** What a comparison found. */
export interface Results {
  /** Of each subject, by its name. */
  readonly medians: ReadonlyMap<string, Measurements>;
  /** How many rounds there were time for. */
  readonly rounds: number;
}

/** Medians of several rounds, in each of which every subject has its turn, in a different order. */
export async function measure(
  subjects: readonly Subject[],
  { rounds, budgetMs }: Effort,
): Promise<Results> {
  const results = new Map<string, Measurements[]>(subjects.map(({ name }) => [name, []]));
  const endsAt = performance.now() + budgetMs;
  let round = 0;
  for (; round < rounds && performance.now() < endsAt; round++) {
    const first = (round * 3) % subjects.length;
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      if (round >= (subject.roundsMax ?? rounds)) continue;
      const measured = await runProgram(subject);
      if (measured !== undefined) results.get(subject.name)?.push(measured);
    }
  }
  return {
    medians: new Map([...results].map(([name, measured]) => [name, medians(measured)])),
    rounds: round,
  };
}

/** Every measurement's median. */
export function medians(measured: readonly Measurements[]): Measurements {
  const names = new Set(measured.flatMap((one) => Object.keys(one)));
  const entries = [...names].map(
    (name) => [name, median(measured.map((one) => one[name] ?? Number.NaN))] as const,
  );
  return Object.fromEntries(entries);
}

/** Runs a program that prints what it measured as JSON; `undefined` when it failed. */
export async function runProgram<Measured = Measurements>(
  subject: Subject,
): Promise<Measured | undefined> {
  const { name, program, args, heapMax = HEAP_MAX, youngHalf, roundMsMax = ROUND_MS_MAX } = subject;
  const flags = ['--expose-gc', `--max-old-space-size=${heapMax}`];
  if (youngHalf !== undefined) flags.push(`--min-semi-space-size=${youngHalf}`);
  const child = spawn(process.execPath, [...flags, fileURLToPath(program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: roundMsMax,
    killSignal: 'SIGKILL',
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await new Promise<[number | null]>((done) => child.on('close', (c) => done([c])));
  if (code === 0) return JSON.parse(Buffer.concat(chunks).toString());
  console.error(`${name}: a round failed (${code ?? 'killed'}) and is left out`);
  return undefined;
}
