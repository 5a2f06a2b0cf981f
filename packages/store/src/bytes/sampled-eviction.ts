// The policies that choose among a few entries drawn at random, as Redis does it.
import type { ByteDatabase } from './byte-database.ts';
import type { ByteEvictionPolicy, EvictorHost } from './evictor.ts';
import {
  DEAD,
  DEADLINE,
  FREQUENCY_ONE,
  FREQUENCY_SHIFT,
  REGION_BITS,
  REGION_MASK,
} from './layout.ts';
import type { Region } from './memory.ts';
import { drawRef } from './random-ref.ts';
import { deadlineAt } from './record.ts';
import { SegmentWalk } from './segment-walk.ts';

/** Records that the victim is chosen from. */
const SAMPLES = 8;
/** Slots of the index that are drawn at most for one of them; half of them hold nothing. */
const DRAWS = 32;
/** Records that are looked at instead, one after another, where few have a deadline. */
const LOOKS = 512;
/** Records that compaction looks at in a call. */
const COMPACTION_BUDGET = 512;
/** Live records may fill so much of the limit; what is dead between them needs the rest. */
const LIVE_SHARE = 0.87;

/** Evicts the best of a few. */
export class SampledEviction {
  /** Entries that went, ever. */
  evicted = 0;
  private readonly host: EvictorHost;
  private readonly volatileOnly: boolean;
  private readonly byDeadline: boolean;
  private readonly samples: number;
  /** Where the search for entries with a deadline goes on, by database. */
  private readonly walks = new Map<ByteDatabase, Iterator<number>>();

  constructor(policy: ByteEvictionPolicy, host: EvictorHost) {
    this.host = host;
    this.volatileOnly = policy.startsWith('volatile');
    this.byDeadline = policy === 'volatile-ttl';
    this.samples = policy.endsWith('random') ? 1 : SAMPLES;
  }

  /** Brings what lives below `maxBytes`, in up to `looks` and a few steps. False: nothing may go. */
  makeRoom(maxBytes: number, looks: number): boolean {
    const { host } = this;
    const databases = host.databases();
    const rounds = SAMPLES + looks;
    for (let round = 0; round < rounds; round++) {
      const live = databases.reduce((sum, { log }) => sum + log.liveGranules * 8, 0);
      const overhead = host.usedBytes() - host.memory.usedBytes;
      if (live <= (maxBytes - overhead) * LIVE_SHARE) break;
      const candidates = this.volatileOnly
        ? databases.filter(({ expiringSize }) => expiringSize > 0)
        : databases;
      const database = candidates[Math.floor(host.random() * candidates.length)];
      if (database === undefined) return false;
      // Entries that may go are there, but far between: the next write searches on.
      if (!this.evictOne(database)) break;
    }
    // What went has left holes: they are closed as fast as writes come.
    for (const database of databases) database.compactor.step(COMPACTION_BUDGET + rounds);
    return true;
  }

  /** False: none was met. */
  private evictOne(database: ByteDatabase): boolean {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.samples; i++) {
      const ref = this.draw(database);
      if (ref === 0) break;
      const score = this.score(ref);
      if (score < least) [best, least] = [ref, score];
    }
    if (best === 0) best = this.search(database);
    if (best === 0) return false;
    database.evict(best);
    this.evicted++;
    return true;
  }

  private wanted(ref: number): boolean {
    if (!this.volatileOnly) return true;
    const { words } = this.host.memory.regions[ref >>> REGION_BITS] as Region;
    return ((words[(ref & REGION_MASK) * 2] as number) & DEADLINE) !== 0;
  }

  /** An entry that may go, by chance; 0 if none was drawn. */
  private draw(database: ByteDatabase): number {
    const { random } = this.host;
    for (let i = 0; i < DRAWS; i++) {
      const ref = drawRef(database.index, random);
      if (ref !== 0 && this.wanted(ref)) return ref;
    }
    return 0;
  }

  /** The next entry that may go on a walk through the records; 0 if none was met for now. */
  private search(database: ByteDatabase): number {
    let walk = this.walks.get(database);
    if (walk === undefined) {
      walk = walkOf(database, this.host);
      this.walks.set(database, walk);
    }
    for (let looked = 0; looked < LOOKS; looked++) {
      const { done, value: ref } = walk.next();
      if (done) {
        this.walks.delete(database);
        return 0;
      }
      if (this.isLive(ref) && this.wanted(ref)) return ref;
    }
    return 0;
  }

  private isLive(ref: number): boolean {
    const { words } = this.host.memory.regions[ref >>> REGION_BITS] as Region;
    return ((words[(ref & REGION_MASK) * 2] as number) & DEAD) === 0;
  }

  /** The lower, the sooner a record goes. A look takes one read off its count, so that fame fades. */
  private score(ref: number): number {
    const { words, doubles } = this.host.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    if (this.byDeadline) return deadlineAt(words, doubles, at);
    const head = words[at] as number;
    const frequency = head >>> FREQUENCY_SHIFT;
    if (frequency > 0) words[at] = (head - FREQUENCY_ONE) | 0;
    return frequency;
  }
}

/** All records of a database, dead ones too, of the segments that it has when each is come to. */
function* walkOf({ log }: ByteDatabase, { memory }: EvictorHost): Generator<number, void> {
  for (const segment of log.segments()) {
    // Nothing in it has a deadline, then.
    if (memory.earliest[segment] === Number.POSITIVE_INFINITY) continue;
    const walk = new SegmentWalk(memory, segment);
    for (let ref = walk.next(); ref !== 0; ref = walk.next()) yield ref;
  }
}
