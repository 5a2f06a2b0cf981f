// Entries of an index chosen at random, each with the same chance: all tables have the same number of slots.
import type { HashIndex } from './hash-index.ts';
import { CHUNK_BITS, CHUNK_MASK, NO_CHUNK, TABLE_WORDS } from './index-tables.ts';

/** Fewer entries than this are listed and not drawn for; and draws end when most are unwanted. */
const FEW = 64;
const DRAWS_MAX = 100_000;

/** The ref in a slot drawn at random, 0 where there is none. */
export function drawRef({ tables, chunks }: HashIndex, random: () => number): number {
  const table = Math.floor(random() * tables.made);
  const chunk = chunks[table >>> CHUNK_BITS] as Int32Array;
  // A table that was dropped, alone or with its chunk, is blank or gone.
  if (chunk === NO_CHUNK) return 0;
  const slot = Math.floor(random() * (TABLE_WORDS >>> 1));
  return chunk[(table & CHUNK_MASK) * TABLE_WORDS + slot * 2 + 1] as number;
}

/** A ref chosen at random among those wanted, or 0 if there are none. */
export function randomRef(
  index: HashIndex,
  random: () => number,
  wanted: (ref: number) => boolean,
): number {
  for (let draw = 0; draw < DRAWS_MAX && index.size > FEW; draw++) {
    const ref = drawRef(index, random);
    if (ref !== 0 && wanted(ref)) return ref;
  }
  const all: number[] = [];
  index.walk(0, index.size, (ref) => {
    if (wanted(ref)) all.push(ref);
  });
  return all[Math.floor(random() * all.length)] ?? 0;
}
