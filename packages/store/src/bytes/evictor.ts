// Which entries go when memory is full. For recency and frequency: S3-FIFO (Yang et
// al., SOSP 2023) over segments in place of entries. New records fill the probation
// queue; the oldest segment there is gone through, records that were read more than
// once move to the main queue, the others go and leave their hash behind for a while;
// a key that comes back by then starts in the main queue. There, the oldest segment's
// records go unless they were read since they were last looked at.
//
// A segment is emptied a few records at a time, so no write waits for long.
import type { Account } from './account.ts';
import type { ByteDatabase } from './byte-database.ts';
import {
  DEAD,
  FREQUENCY_MASK,
  FREQUENCY_ONE,
  FREQUENCY_SHIFT,
  REGION_BITS,
  REGION_MASK,
  SEGMENT_BITS,
} from './layout.ts';
import type { Memory, Region } from './memory.ts';
import { MAIN, PROBATION, type Queue } from './record-log.ts';
import { RememberedHashes } from './remembered-hashes.ts';
import { SampledEviction } from './sampled-eviction.ts';
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
const SEGMENT_BYTES = 8 << SEGMENT_BITS;

/** What an evictor needs to know of its store. */
export interface EvictorHost {
  readonly memory: Memory;
  readonly random: () => number;
  /** Databases that hold something. */
  databases(): readonly ByteDatabase[];
  usedBytes(): number;
  /** What an evictor takes itself counts as used. */
  readonly account: Account;
}

/** Keeps a store within a number of bytes. */
export class Evictor {
  readonly policy: ByteEvictionPolicy;
  readonly maxBytes: number;
  private readonly host: EvictorHost;
  private readonly remembered: RememberedHashes;
  private readonly sampled: SampledEviction;
  /** Entries that went by this evictor's own order. */
  private went = 0;
  private walk: SegmentWalk | undefined;
  private walked: { readonly database: ByteDatabase; readonly queue: Queue } | undefined;

  constructor(policy: ByteEvictionPolicy, maxBytes: number, host: EvictorHost) {
    this.policy = policy;
    this.maxBytes = maxBytes;
    this.host = host;
    this.sampled = new SampledEviction(policy, host);
    this.remembered = new RememberedHashes(host.account);
  }

  /** Entries that went, ever. */
  get evicted(): number {
    return this.went + this.sampled.evicted;
  }

  /** Gives its own memory back: another evictor takes its place, or none. */
  close(): void {
    this.remembered.resize(0);
  }

  /** The queue in which a new key begins. */
  queueFor(hash: number): Queue {
    return this.remembered.take(hash) ? MAIN : PROBATION;
  }

  /** Whether the store, and what counts with it, is over its limit. */
  isOver(otherBytes: number): boolean {
    return this.host.usedBytes() + otherBytes > this.maxBytes;
  }

  /**
   * Brings the store nearer to its limit, which it is over, with an amount of work that
   * is bounded by what is about to be written. False: nothing may go, and a write that
   * needs memory must be refused.
   */
  makeRoom(incomingBytes: number, otherBytes: number): boolean {
    const over = this.host.usedBytes() + otherBytes - this.maxBytes;
    const looks = Math.ceil(incomingBytes / BYTES_A_LOOK);
    switch (this.policy) {
      case 'noeviction':
        return false;
      case 'allkeys-lru':
      case 'allkeys-lfu':
        return this.evictInOrder(BUDGET * (1 + Math.floor(over / SEGMENT_BYTES)) + looks);
      default:
        return this.sampled.makeRoom(this.maxBytes - otherBytes, looks);
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
    this.went++;
  }
}
