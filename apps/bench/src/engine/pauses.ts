import { runProgram } from '../rounds.ts';
import { printTable, type Row } from '../table.ts';
import { versionOf } from '../versions.ts';
import { atMost, grouped } from './floors.ts';
import { SUBJECTS } from './subjects.ts';

const TICK_P999_MS_MAX = 2;
const PAUSE_MS_MAX = 10;
const HEAP_MAX = 14_000;

/** How long a server's other work would wait: while a store grows, and under a mixed load. */
export async function comparePauses(
  keyCount: number,
  mixedMs: number,
  idleMs: number,
): Promise<void> {
  const rows: Row[] = [];
  for (const name of SUBJECTS.keys()) {
    const measured = await runProgram({
      name,
      program: new URL('./pauses-round.ts', import.meta.url),
      args: [name, keyCount, mixedMs, idleMs].map(String),
      heapMax: HEAP_MAX,
      roundMsMax: 150_000,
    });
    if (measured === undefined) continue;
    const { p999 = 0, longest = 0, growing = 0, idle = 0, perSecond = 0 } = measured;
    const limit = PAUSE_MS_MAX + idle;
    rows.push([
      name,
      atMost(TICK_P999_MS_MAX, p999, ' ms'),
      atMost(limit, longest, ' ms'),
      atMost(limit, growing, ' ms'),
      `${idle.toFixed(2)} ms`,
      grouped(perSecond),
    ]);
  }
  printTable(
    `Pauses of @kv/store ${versionOf('@kv/store')} and of a Map, ${grouped(keyCount)} keys of 20 bytes with values of 64`,
    ['tick p99.9', 'longest tick', `longest while growing`, 'machine idle', 'operations/s'],
    rows,
    [
      'A tick is 500 operations and what comes before the next: other callbacks, the collector, a sweep ten times a',
      `second. Half gets, half sets of random keys for ${mixedMs / 1000} s; growing is from 0 to all keys.`,
      'Machine idle: the largest gap that a loop over the clock saw in the same process, before and after; the floor',
      `of the longest tick is ${PAUSE_MS_MAX} ms more.`,
    ],
  );
}
