// Which entries go when memory is full. For recency and frequency: S3-FIFO (Yang et
// al., SOSP 2023) over segments in place of entries. New records fill the probation
// queue; the oldest segment there is gone through, records that were read more than
// once move to the main queue, the others go and leave their hash behind for a while;
// a key that comes back by then starts in the main queue. There, the oldest segment's
// records go unless they were read since they were last looked at.
//
// A segment is emptied a few records at a time, so no write waits for long.
import type { ByteDatabase } from './byte-database.ts';
import {
  DEAD,
  DEADLINE,
  FREQUENCY_MASK,
  FREQUENCY_ONE,
  FREQUENCY_SHIFT,
  REGION_BITS,
  REGION_MASK,
  SEGMENT_BITS,
} from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { deadlineAt } from './record.ts';
import { MAIN, PROBATION, type Queue } from './record-log.ts';
import { SegmentWalk } from './segment-walk.ts';

/** What goes when `maxmemory` is reached; Redis's names. */
export const EVICTION_POLICIES = [
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
] as const;
export type ByteEvictionPolicy = (typeof EVICTION_POLICIES)[number];

/** The share of the probation queue above which records are taken from it first. */
const PROBATION_SHARE = 0.1;
/** Records that one call looks at; each write needs about one to go. */
const BUDGET = 64;
/** And one more for so many bytes that are about to be written: less than any record has. */
const BYTES_A_LOOK = 32;
/** Reads on probation that earn a place in the main queue. */
const PROMOTED_FROM = 2;
/** Records that the sampled policies choose the victim from. */
const SAMPLES = 8;
/** Live records may fill so much of the limit; what is dead between them needs the rest. */
const LIVE_SHARE = 0.87;

const SEGMENT_BYTES = 8 << SEGMENT_BITS;

/** What an evictor needs to know of its store. */
export interface EvictorHost {
  readonly memory: Memory;
  readonly random: () => number;
  /** Databases that hold something. */
  databases(): readonly ByteDatabase[];
  usedBytes(): number;
}

/** Remembers the hashes of entries that went, for as long as others do not take their place. */
class Remembered {
  private slots = new Int32Array(1024);

  /** Room for about `count` hashes. */
  resize(count: number): void {
    const size = 2 ** Math.ceil(Math.log2(Math.max(1024, count)));
    if (size > this.slots.length) this.slots = new Int32Array(size);
  }

  add(hash: number): void {
    this.slots[hash & (this.slots.length - 1)] = ~hash;
  }

  /** Whether the hash is remembered; it no longer is afterwards. */
  take(hash: number): boolean {
    const at = hash & (this.slots.length - 1);
    if (this.slots[at] !== ~hash) return false;
    this.slots[at] = 0;
    return true;
  }
}

/** Keeps a store within a number of bytes. */
export class Evictor {
  readonly policy: ByteEvictionPolicy;
  readonly maxBytes: number;
  /** Entries that went, ever. */
  evicted = 0;
  private readonly host: EvictorHost;
  private readonly remembered = new Remembered();
  private walk: SegmentWalk | undefined;
  private walked: { readonly database: ByteDatabase; readonly queue: Queue } | undefined;

  constructor(policy: ByteEvictionPolicy, maxBytes: number, host: EvictorHost) {
    this.policy = policy;
    this.maxBytes = maxBytes;
    this.host = host;
  }

  /** The queue in which a new key begins. */
  queueFor(hash: number): Queue {
    return this.remembered.take(hash) ? MAIN : PROBATION;
  }

  /**
   * Brings the store nearer to its limit if it is over it, with an amount of work that
   * is bounded by what is about to be written. False: nothing may go, and a write that
   * needs memory must be refused.
   */
  makeRoom(incomingBytes: number): boolean {
    const over = this.host.usedBytes() - this.maxBytes;
    if (over <= 0) return true;
    const looks = Math.ceil(incomingBytes / BYTES_A_LOOK);
    switch (this.policy) {
      case 'noeviction':
        return false;
      case 'allkeys-lru':
      case 'allkeys-lfu':
        return this.evictInOrder(BUDGET * (1 + Math.floor(over / SEGMENT_BYTES)) + looks);
      default:
        return this.evictSampled(SAMPLES + looks);
    }
  }

  /** Segment S3-FIFO. The further over the limit, the more is looked at. */
  private evictInOrder(budget: number): boolean {
    // A view may have been frozen since the segment was chosen: nothing may be moved out of it.
    if (this.walk !== undefined && this.host.memory.frozen[this.walk.segment] !== 0)
      this.walk = undefined;
    for (let looked = 0; looked < budget; looked++) {
      if (this.walk === undefined && !this.beginWalk()) return this.isBeingRead();
      const ref = (this.walk as SegmentWalk).next();
      if (ref === 0) this.walk = undefined;
      else this.judge(ref);
    }
    return true;
  }

  /** While a view is frozen its records can't give memory back; writes go on meanwhile. */
  private isBeingRead(): boolean {
    return this.host.memory.frozen.includes(1);
  }

  /** Chooses the next segment: from probation while that has more than its share. */
  private beginWalk(): boolean {
    let total = 0;
    let probation = 0;
    let fullest: ByteDatabase | undefined;
    for (const database of this.host.databases()) {
      const { log } = database;
      total += log.segmentCount;
      probation += log.queueLength(PROBATION);
      if (fullest === undefined || log.segmentCount > fullest.log.segmentCount) fullest = database;
    }
    if (fullest === undefined) return false;
    this.remembered.resize(fullest.size);
    const first = probation > total * PROBATION_SHARE ? PROBATION : MAIN;
    for (const queue of [first, first === MAIN ? PROBATION : MAIN] as const) {
      const segment = fullest.log.oldest(queue);
      if (segment < 0) continue;
      this.walk = new SegmentWalk(this.host.memory, segment);
      this.walked = { database: fullest, queue };
      return true;
    }
    return false;
  }

  /** Keeps a record that has been read, at the end of the main queue; lets the others go. */
  private judge(ref: number): void {
    const { database, queue } = this.walked as NonNullable<typeof this.walked>;
    const { words } = this.host.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    if ((head & DEAD) !== 0) return;
    const frequency = head >>> FREQUENCY_SHIFT;
    if (queue === PROBATION ? frequency >= PROMOTED_FROM : frequency > 0) {
      words[at] = queue === PROBATION ? head & ~FREQUENCY_MASK : (head - FREQUENCY_ONE) | 0;
      database.move(ref, MAIN);
      return;
    }
    this.remembered.add(database.evict(ref));
    this.evicted++;
  }

  /** Policies that choose among a few records drawn at random. */
  private evictSampled(rounds: number): boolean {
    const { host, maxBytes } = this;
    const databases = host.databases();
    for (let round = 0; round < rounds; round++) {
      const live = databases.reduce((sum, { log }) => sum + log.liveGranules * 8, 0);
      const overhead = host.usedBytes() - host.memory.usedBytes;
      if (live <= (maxBytes - overhead) * LIVE_SHARE) break;
      const database = databases[Math.floor(host.random() * databases.length)];
      if (database === undefined || !this.evictOneOf(database, databases)) return false;
    }
    // What went has left holes: they are closed as fast as writes come.
    for (const database of databases) database.compactor.step(BUDGET * SAMPLES + rounds);
    return true;
  }

  private evictOneOf(chosen: ByteDatabase, databases: readonly ByteDatabase[]): boolean {
    for (const database of [chosen, ...databases]) {
      const victim = this.draw(database);
      if (victim === 0) continue;
      database.evict(victim);
      this.evicted++;
      return true;
    }
    return false;
  }

  /** The record to go, among a few of one database; 0 if it has none that may. */
  private draw(database: ByteDatabase): number {
    const isVolatile = this.policy.startsWith('volatile');
    if (isVolatile && database.expiringSize === 0) return 0;
    const { regions } = this.host.memory;
    const wanted = (ref: number): boolean => {
      const { words } = regions[ref >>> REGION_BITS] as Region;
      return !isVolatile || ((words[(ref & REGION_MASK) * 2] as number) & DEADLINE) !== 0;
    };
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    const samples = this.policy.endsWith('random') ? 1 : SAMPLES;
    for (let i = 0; i < samples; i++) {
      const ref = database.index.random(this.host.random, wanted);
      if (ref === 0) return 0;
      const score = this.score(ref);
      if (score < least) [best, least] = [ref, score];
    }
    return best;
  }

  /** The lower, the sooner a record goes. A look takes one read off its count, so that fame fades. */
  private score(ref: number): number {
    const { words, doubles } = this.host.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    if (this.policy === 'volatile-ttl') return deadlineAt(words, doubles, at);
    const head = words[at] as number;
    const frequency = head >>> FREQUENCY_SHIFT;
    if (frequency > 0) words[at] = (head - FREQUENCY_ONE) | 0;
    return frequency;
  }
}
