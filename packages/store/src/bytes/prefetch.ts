// Many look-ups at once. What takes the time of a look-up in a large store is waiting
// for memory: for a line of the index, then for one or two of the record. Each loop
// here asks for one of them for all keys, so that the processor waits for many at a
// time; the loops are short for as many as can be to fit its window. That is why keys in a
// row that lead to the same array have a loop of their own: most of what a turn would take is
// finding out what the array is.
import type { KeyBatch } from './byte-ranges.ts';
import { HASH_MAX, type HalfSipHash } from './half-sip-hash.ts';
import type { HashIndex } from './hash-index.ts';
import { DEPTH_BITS, DEPTH_MASK } from './index-directory.ts';
import {
  CHUNK_BITS,
  CHUNK_MASK,
  homeSlot,
  PLACE_BITS,
  PLACE_MASK,
  PLACED_CHUNKS_MAX,
  TABLE_WORDS,
} from './index-tables.ts';
import { REGION_BITS, REGION_MASK, SLACK_BYTES, TOUCHED_BYTES } from './layout.ts';
import type { Region } from './memory.ts';
import { granulesAt } from './record.ts';
import type { RecordLog } from './record-log.ts';

/**
 * The last word of a record that is touched: with the first and the one between less than a line
 * of 64 bytes apart, so that none is left out wherever the record begins.
 */
const LAST_TOUCH_MAX = TOUCHED_BYTES / 4 - 1;
/** Words of a cache line. */
const LINE_WORDS = 16;
/** Where records have more granules than this on average, more of each is touched. */
const LONG_GRANULES = 24;
/** The words of a long record that are touched then: 2 KiB. The processor sees by itself how it goes on. */
const LONG_FROM = LAST_TOUCH_MAX + LINE_WORDS;
const LONG_WORDS_MAX = 512;

/** What a database looks its keys up in. */
export interface LookedUp {
  readonly index: HashIndex;
  readonly log: RecordLog;
}

/** Hashes the keys of batches and brings what they lead to into the processor's cache. */
export class Prefetcher implements LookedUp {
  readonly index: HashIndex;
  readonly log: RecordLog;
  private readonly hasher: HalfSipHash;
  /** What each of the keys leads to, as far as that is known: a place in the index, then a ref. */
  found = new Int32Array(256);
  /** Keeps the reads from being optimized away. */
  seen = 0;

  constructor(hasher: HalfSipHash, { index, log }: LookedUp) {
    this.hasher = hasher;
    this.index = index;
    this.log = log;
  }

  /**
   * Leaves the hashes in `batch.hash`, and in `batch.ref` the first record with the hash of each
   * key, or 0. False: there are no refs.
   */
  run(batch: KeyBatch): boolean {
    const { keyCount } = batch;
    // A key without room behind it is hashed when its turn comes.
    this.hasher.hashAll(batch, batch.bytes.length - SLACK_BYTES);
    // A single key too, for which there is nothing to overlap: it would take another way than all others.
    if (keyCount === 0 || this.index.chunks.length > PLACED_CHUNKS_MAX) return false;
    // One more than there are keys: the loops look ahead.
    if (this.found.length <= keyCount) this.found = new Int32Array(keyCount * 2);
    for (const step of STEPS) step(batch, this);
    return true;
  }
}

/** One loop over the keys of a batch. */
type Step = (batch: KeyBatch, prefetcher: Prefetcher) => void;

/**
 * The loops, in their order. They are called through a list so that the engine compiles each by itself: as parts
 * of their caller they leave it no registers, and it looks anew in every turn at what never changes.
 */
const STEPS: readonly Step[] = [findHomes, touchHomes, findSlots, touchRecords, touchLong];

/** The places where the runs of the hashes begin. */
function findHomes({ keys, keyCount, hash }: KeyBatch, { found, index }: Prefetcher): void {
  const { directory, depth } = index;
  const shift = 31 - depth;
  for (let i = 0; i < keyCount; i++) {
    // Of a key without a hash the record is never used.
    const h = (hash[keys[i] as number] as number) & HASH_MAX;
    const entry = directory[h >>> shift] as number;
    const table = entry >>> DEPTH_BITS;
    const at = (table & CHUNK_MASK) * TABLE_WORDS + homeSlot(h, entry & DEPTH_MASK) * 2;
    found[i] = ((table >>> CHUNK_BITS) << PLACE_BITS) | at;
  }
}

function touchHomes({ keyCount }: KeyBatch, prefetcher: Prefetcher): void {
  const { found } = prefetcher;
  const { chunks } = prefetcher.index;
  let seen = 0;
  let i = 0;
  while (i < keyCount) {
    let place = found[i] as number;
    const number = place >>> PLACE_BITS;
    const chunk = chunks[number] as Int32Array;
    do {
      seen ^= chunk[place & PLACE_MASK] as number;
      place = found[++i] as number;
    } while (i < keyCount && place >>> PLACE_BITS === number);
  }
  prefetcher.seen = seen;
}

function findSlots({ keys, keyCount, hash, ref }: KeyBatch, { found, index }: Prefetcher): void {
  const { chunks } = index;
  for (let i = 0; i < keyCount; i++) {
    const key = keys[i] as number;
    const known = hash[key] as number;
    const h = known & HASH_MAX;
    const home = found[i] as number;
    const chunk = chunks[home >>> PLACE_BITS] as Int32Array;
    let at = home & PLACE_MASK;
    // The first steps without branches: they are taken or not about evenly.
    at += (((chunk[at] as number) - h) >> 31) & 2;
    at += (((chunk[at] as number) - h) >> 31) & 2;
    at += (((chunk[at] as number) - h) >> 31) & 2;
    while ((chunk[at] as number) < h) at += 2;
    // The ref of an empty slot is 0, whatever its hash; that of a key without a hash has to be, too.
    const first = chunk[at] === known ? (chunk[at + 1] as number) : 0;
    ref[key] = first;
    found[i] = first;
  }
}

/** Touches what an average record has. */
function touchRecords({ keyCount }: KeyBatch, prefetcher: Prefetcher): void {
  const { found } = prefetcher;
  const { regions } = prefetcher.log.memory;
  if (regions.length === 0) return;
  const last = Math.min(Math.max(granulesOnAverage(prefetcher) * 2 - 1, 0), LAST_TOUCH_MAX);
  const middle = (last + 1) >> 1;
  let seen = 0;
  let i = 0;
  while (i < keyCount) {
    // The ref 0 of a key that was not found is touched like any other.
    let ref = found[i] as number;
    const number = ref >>> REGION_BITS;
    const { words } = regions[number] as Region;
    do {
      const at = (ref & REGION_MASK) * 2;
      seen ^= (words[at] as number) ^ (words[at + middle] as number) ^ (words[at + last] as number);
      ref = found[++i] as number;
    } while (i < keyCount && ref >>> REGION_BITS === number);
  }
  prefetcher.seen ^= seen;
}

/** What lies behind the words of long records that were touched already, line by line. */
function touchLong({ keyCount }: KeyBatch, prefetcher: Prefetcher): void {
  if (granulesOnAverage(prefetcher) <= LONG_GRANULES) return;
  const { found } = prefetcher;
  const { regions } = prefetcher.log.memory;
  let seen = 0;
  for (let i = 0; i < keyCount; i++) {
    const ref = found[i] as number;
    if (ref === 0) continue;
    const { words } = regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) << 1;
    const end = at + Math.min(granulesAt(words, at) << 1, LONG_WORDS_MAX);
    for (let word = at + LONG_FROM; word < end; word += LINE_WORDS) seen ^= words[word] as number;
  }
  prefetcher.seen ^= seen;
}

function granulesOnAverage({ index, log }: Prefetcher): number {
  return Math.ceil(log.liveGranules / Math.max(index.size, 1));
}
