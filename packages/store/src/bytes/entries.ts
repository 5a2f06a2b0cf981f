// How entries are found, moved and let go; written-entries.ts is how they are written,
// byte-database.ts what is done with that.
import type { ByteRanges } from './byte-ranges.ts';
import { HashIndex } from './hash-index.ts';
import type { Removal } from './journal.ts';
import {
  DEAD,
  DEADLINE,
  FREQUENCY_ONE,
  FREQUENCY_SHIFT,
  GHOST,
  KEY_LENGTH_MASK,
  LARGE,
  REGION_BITS,
  REGION_MASK,
  SEGMENT_BITS,
} from './layout.ts';
import type { Region } from './memory.ts';
import { deadlineAt, granulesAt } from './record.ts';
import { type Queue, RecordLog } from './record-log.ts';
import { letGo, Records } from './records.ts';
import type { ByteStoreShared } from './shared.ts';
import { equalsWords, TakenKey } from './taken-key.ts';

/** The entries of a database: found, moved and let go. */
export class Entries extends Records {
  /** Changes when databases are swapped. */
  number: number;
  readonly log: RecordLog;
  readonly index: HashIndex;
  /** Entries with a deadline. */
  expiringSize = 0;
  protected readonly shared: ByteStoreShared;
  /** The key of the operation at hand, and its hash. */
  protected readonly key = new TakenKey();
  protected hash = 0;

  constructor(number: number, shared: ByteStoreShared) {
    super(shared);
    this.number = number;
    this.shared = shared;
    this.index = new HashIndex(shared.allocate, shared.indexAccount);
    this.log = new RecordLog(shared.memory);
  }

  /** The record of a key, or 0. */
  find(ranges: ByteRanges, key: number): number {
    const ref = this.lookUp(ranges, key);
    if (ref === 0) return 0;
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const head = words[(ref & REGION_MASK) * 2] as number;
    if ((head & DEADLINE) !== 0 && this.dropIfExpired(ref)) return 0;
    const { evictor, touching } = this.shared;
    if (evictor !== undefined && touching) this.countRead(ref);
    return ref;
  }

  /** Eviction spares what is read: the count is in the record's first word, which is at hand. */
  private countRead(ref: number): void {
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    if (head >>> FREQUENCY_SHIFT !== 3) words[at] = (head + FREQUENCY_ONE) | 0;
  }

  /**
   * The record of a key, expired or not, or 0; its hash is in `hash` then. What a batch found is
   * still that if the record is alive and has the key; that there was none holds as long as no entry
   * has been added.
   */
  protected lookUp(ranges: ByteRanges, key: number): number {
    if (ranges.hintedBy === this && ranges.hintVoided === this.memory.voided) {
      const hash = ranges.hash[key] as number;
      const ref = ranges.ref[key] as number;
      if (ref === 0 ? this.isAbsent(ranges, hash) : this.isKeyOf(ref, ranges, key)) {
        this.hash = hash;
        return ref;
      }
    }
    return this.search(ranges, key);
  }

  /** Whether a batch found no record with a hash, and there is still none; -1 is no hash. */
  private isAbsent(ranges: ByteRanges, hash: number): boolean {
    return hash >= 0 && ranges.hintVersion === this.index.version;
  }

  /** The same for a key of which nothing is known but its hash, if that. */
  private search(ranges: ByteRanges, key: number): number {
    const known = ranges.hash[key] as number;
    const taken = this.key;
    taken.take(ranges, key);
    const hash = known < 0 ? this.hasher.hash(taken.view, taken.offset, taken.length) : known;
    this.hash = hash;
    let at = this.index.seek(hash);
    const { chunk } = this.index;
    for (; chunk[at] === hash; at += 2) {
      const ref = chunk[at + 1] as number;
      if (ref === 0 || this.hasKey(ref)) return ref;
    }
    return 0;
  }

  /** Whether a record, alive and not a large one, has a key of which a batch took the hash. */
  private isKeyOf(ref: number, ranges: ByteRanges, key: number): boolean {
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    const length = ranges.length[key] as number;
    if ((head & (KEY_LENGTH_MASK | LARGE | DEAD)) !== length) return false;
    const start = at + 2 + ((head & DEADLINE) !== 0 ? 2 : 0);
    return equalsWords(words, start, ranges.view, ranges.offset[key] as number, length);
  }

  /** Whether a record has the key that was taken. */
  private hasKey(ref: number): boolean {
    const { words } = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    const taken = this.key;
    if ((head & KEY_LENGTH_MASK) !== taken.length) return false;
    if ((head & LARGE) === 0)
      return equalsWords(
        words,
        at + 2 + ((head & DEADLINE) !== 0 ? 2 : 0),
        taken.view,
        taken.offset,
        taken.length,
      );
    const { bytes, key } = this.largeAt(words, at);
    return taken.equalsBytes(bytes, key);
  }

  /** Removes an entry that was looked up if its deadline has come. */
  protected dropIfExpired(ref: number): boolean {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    if (((region.words[at] as number) & DEADLINE) === 0) return false;
    if ((region.doubles[(at >>> 1) + 1] as number) > this.shared.now) return false;
    this.shared.expired++;
    this.unlink(this.hash, ref, 'expired');
    return true;
  }

  protected writeDeadline(ref: number, region: Region, at: number, deadline: number): void {
    region.doubles[(at >>> 1) + 1] = deadline;
    const segment = ref >>> SEGMENT_BITS;
    const { earliest } = this.memory;
    if (deadline < (earliest[segment] as number)) earliest[segment] = deadline;
  }

  /** Takes an entry out of the index. */
  protected unlink(hash: number, ref: number, why: Removal): void {
    this.shared.journal?.remove(this.number, ref, why);
    this.index.remove(hash, ref);
    this.bury(ref);
  }

  /**
   * Whether a record may change where it lies, or die: a view that has it to read yet keeps a copy,
   * unless it refers to something, or there is no memory.
   */
  protected isFreeToChange(ref: number): boolean {
    if (this.memory.frozen[ref >>> SEGMENT_BITS] === 0) return true;
    return this.shared.view?.keep(ref) === true;
  }

  /** Marks a record dead; what a view has to read yet stays readable, as a ghost. */
  protected bury(ref: number): void {
    const region = this.memory.regions[ref >>> REGION_BITS] as Region;
    const { words } = region;
    const at = (ref & REGION_MASK) * 2;
    const granules = granulesAt(words, at);
    if (((words[at] as number) & DEADLINE) !== 0) this.expiringSize--;
    if (this.isFreeToChange(ref)) {
      words[at] = ((words[at] as number) | DEAD) & ~GHOST;
      letGo(region, at, this.beside);
    } else {
      words[at] = (words[at] as number) | DEAD | GHOST;
      const segment = ref >>> SEGMENT_BITS;
      const ghosts = this.shared.ghosts.get(segment);
      if (ghosts === undefined) this.shared.ghosts.set(segment, [ref]);
      else ghosts.push(ref);
    }
    this.log.free(ref, granules);
  }

  /** Moves a live record to the head of a queue, out of a segment that is being emptied. */
  move(ref: number, queue: Queue): void {
    const from = this.memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const hash = this.hashOf(ref);
    const granules = granulesAt(from.words, at);
    const moved = this.log.allocate(granules, queue);
    const to = this.memory.regions[moved >>> REGION_BITS] as Region;
    const target = (moved & REGION_MASK) * 2;
    to.words.set(from.words.subarray(at, at + granules * 2), target);
    const deadline = deadlineAt(to.words, to.doubles, target);
    if (deadline !== 0) this.writeDeadline(moved, to, target, deadline);
    this.index.replace(hash, ref, moved);
    from.words[at] = (from.words[at] as number) | DEAD;
    this.log.free(ref, granules);
  }

  /** Removes a record that was met on a walk and whose deadline has come. */
  expire(ref: number): void {
    this.shared.expired++;
    this.unlink(this.hashOf(ref), ref, 'expired');
  }

  /** Removes a record to make room; answers its hash. */
  evict(ref: number): number {
    const hash = this.hashOf(ref);
    this.unlink(hash, ref, 'evicted');
    return hash;
  }
}
