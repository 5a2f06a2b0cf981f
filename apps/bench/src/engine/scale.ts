import { runProgram } from '../rounds.ts';
import { printTable, type Row } from '../table.ts';
import { versionOf } from '../versions.ts';
import { atMost, grouped } from './floors.ts';

/** The largest size may be so much slower than the others, the smallest first. */
const RATIOS_MAX = [2.2, 1.4] as const;

/** What an operation costs as a store grows. */
export async function measureScale(
  sizes: readonly [number, number, number],
  operations: number,
): Promise<void> {
  const measured = await runProgram({
    name: 'ByteStore',
    program: new URL('./scale-round.ts', import.meta.url),
    args: [String(operations), ...sizes.map(String)],
    roundMsMax: 170_000,
  });
  const ns = sizes.map((size) => measured?.[size] ?? Number.NaN);
  const largest = ns.at(-1) as number;
  const rows = sizes.map((size, i): Row => {
    const floor = RATIOS_MAX[i];
    const cell = floor === undefined ? '' : atMost(floor, largest / (ns[i] as number), 'x');
    return [`${grouped(size)} keys`, (ns[i] as number).toFixed(0), cell];
  });
  printTable(
    `Scale of @kv/store ${versionOf('@kv/store')}'s ByteStore: ns an operation, gets and sets of random keys by turns`,
    ['ns', `${grouped(sizes[2])} keys take`],
    rows,
    [
      'Three stores in one process, keys of 20 bytes with values of 64; they take turns.',
      `Medians of passes of ${grouped(operations)} operations.`,
    ],
  );
}
