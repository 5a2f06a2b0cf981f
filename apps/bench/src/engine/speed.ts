import { type Effort, measure } from '../rounds.ts';
import { printTable, type Row } from '../table.ts';
import { versionOf } from '../versions.ts';
import { atLeast, grouped } from './floors.ts';
import { SUBJECTS } from './subjects.ts';

const ENGINE = 'ByteStore';
const RATIO_MIN = 2;
/** A Map of ten million entries and what it leaves to collect. */
const HEAP_MAX = 14_000;

/** Gets and sets of random keys, in process, against the store that a server would begin with. */
export async function compareSpeed(
  keyCount: number,
  operations: number,
  effort: Effort,
): Promise<void> {
  const program = new URL('./speed-round.ts', import.meta.url);
  const { medians, rounds } = await measure(
    [...SUBJECTS.keys()].map((name) => ({
      name,
      program,
      args: [name, String(keyCount), String(operations)],
      heapMax: HEAP_MAX,
      roundMsMax: 120_000,
    })),
    effort,
  );
  const engine = medians.get(ENGINE);
  const rows = [...medians].map(([name, of]): Row => {
    const cells = ['get', 'set'].flatMap((kind) => {
      const ns = of[kind] ?? Number.NaN;
      const ours = engine?.[kind] ?? Number.NaN;
      return [ns.toFixed(0), name === ENGINE ? '' : atLeast(RATIO_MIN, ns / ours, 'x')];
    });
    return [name, ...cells, (of.load ?? Number.NaN).toFixed(0)];
  });
  printTable(
    `@kv/store ${versionOf('@kv/store')} against a Map, ${grouped(keyCount)} keys of 20 bytes with values of 64: ns an operation`,
    ['get', 'slower than ByteStore', 'set', 'slower than ByteStore', 'first set'],
    rows,
    [
      'Random keys in ticks of 500 out of one input buffer; a get copies the value into one output buffer. The Map gets',
      'its key as a string made of those bytes, and sets a Buffer that the value was copied into.',
      `Medians of ${rounds} rounds of ${grouped(operations)} gets and as many sets, each in a process of its own, by turns.`,
    ],
  );
}
