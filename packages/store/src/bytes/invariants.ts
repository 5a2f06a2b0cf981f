// biome-ignore-all lint/complexity/useLiteralKeys: the brackets are TypeScript's way to private members.
// What must hold between any two operations, checked by walking everything. Tests call
// it every few thousand operations; nothing else does, and it is not exported.
import type { ByteDatabase } from './byte-database.ts';
import type { ByteStore } from './byte-store.ts';
import type { HashIndex } from './hash-index.ts';
import { DEAD, DEADLINE, GHOST, LARGE, REGION_BITS, REGION_MASK } from './layout.ts';
import type { Region } from './memory.ts';
import { deadlineAt, granulesAt } from './record.ts';
import { SegmentWalk } from './segment-walk.ts';

/** A claim about the engine that turned out not to hold. */
class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

function claim(condition: boolean, what: string): asserts condition {
  if (!condition) throw new BrokenInvariant(what);
}

/** Fails unless the store is whole. Changes nothing. */
export function checkInvariants(store: ByteStore): void {
  const owners = new Map<number, string>();
  const own = (segment: number, owner: string): void => {
    const other = owners.get(segment);
    claim(other === undefined, `segment ${segment} is ${owner}, and ${other}`);
    owners.set(segment, owner);
  };
  const bytes = { index: 0, beside: 0 };
  for (const { bytes: left } of store['shared'].left) bytes.beside += left;
  for (const database of store['databases']) {
    if (database === undefined) continue;
    bytes.index += checkIndex(database.index);
    bytes.beside += database.beside.bytes;
    checkRecords(database, store);
    for (const segment of database.log.segments()) own(segment, `database ${database.number}'s`);
  }
  const { indexAccount, besideAccount } = store['shared'];
  claim(indexAccount.bytes === bytes.index, `the indexes have ${bytes.index} bytes`);
  claim(besideAccount.bytes === bytes.beside, `what is beside has ${bytes.beside} bytes`);
  checkFrozen(store, own);
  checkSegments(store, owners, own);
}

/** Tables are sorted, searches find everything in them, and all counts are right. Answers the bytes of it. */
export function checkIndex(index: HashIndex): number {
  const { depth, directory, tables } = index;
  claim(directory.length === 2 ** depth, 'the directory has an entry for each prefix');
  const seen = new Set<number>();
  let size = 0;
  for (let at = 0; at < directory.length; ) {
    const table = (directory[at] as number) >>> 5;
    const own = (directory[at] as number) & 31;
    claim(own <= depth, `table ${table} is deeper than the directory`);
    const span = 2 ** (depth - own);
    claim(at % span === 0, `the span of table ${table} begins at its prefix`);
    claim(!seen.has(table), `table ${table} is at two places`);
    seen.add(table);
    for (let i = 0; i < span; i++)
      claim(directory[at + i] === directory[at], `the span of table ${table} is whole`);
    size += checkTable(index, table, at / span, own);
    at += span;
  }
  claim(size === index.size, `the index says ${index.size} entries, its tables ${size}`);
  claim(seen.size === tables.used, 'each table is in use or free, once');
  for (const free of tables['freeTables']) claim(!seen.has(free), `table ${free} is in use, free`);
  return seen.size * (4096 + 128) * 8 + directory.byteLength;
}

/** Answers how many entries the table has. */
function checkTable(index: HashIndex, table: number, prefix: number, depth: number): number {
  const words = index.tables.wordsOf(table);
  let count = 0;
  let last = -1;
  for (let at = 0; at < words.length; at += 2) {
    const hash = words[at] as number;
    if (words[at + 1] === 0) {
      claim(hash === 0x7fffffff, `an empty slot of table ${table} stops a search`);
      continue;
    }
    count++;
    claim(hash >= last, `table ${table} is sorted`);
    last = hash;
    claim(Math.floor(hash / 2 ** (31 - depth)) === prefix, `hash ${hash} is in its table`);
    const home = ((hash << (depth + 1)) >>> 20) * 2;
    claim(home <= at, `hash ${hash} is at home or behind`);
    for (let i = home; i < at; i += 2)
      claim(words[i + 1] !== 0, `hash ${hash} can be reached from its home`);
  }
  claim(words[words.length - 1] === 0, `the last slot of table ${table} is empty`);
  claim(index.tables.counts[table] === count, `table ${table} knows its ${count} entries`);
  return count;
}

/** Index and log tell the same, and what is counted of the log is right. */
function checkRecords(database: ByteDatabase, store: ByteStore): void {
  const { memory } = store;
  const indexed = new Set<number>();
  database.index.walk(0, Number.POSITIVE_INFINITY, (ref) => {
    claim(!indexed.has(ref), `record ${ref} is in the index once`);
    claim(database.index.placeOf(database.hashOf(ref), ref) >= 0, `record ${ref} has its hash`);
    indexed.add(ref);
  });
  const counted = { live: 0, expiring: 0, beside: new Set<string>(), bytes: 0, found: 0 };
  for (const segment of database.log.segments()) {
    const live = checkSegment(database, store, segment, indexed, counted);
    claim(memory.live[segment] === live, `segment ${segment} has ${live} live granules`);
    counted.live += live;
  }
  claim(counted.found === indexed.size, 'each entry of the index is a record of the log');
  claim(database.log.liveGranules === counted.live, 'the log knows its live granules');
  claim(database.expiringSize === counted.expiring, `${counted.expiring} entries have a deadline`);
  const { beside } = database;
  claim(beside.size === counted.beside.size, `${counted.beside.size} things beside are in use`);
  claim(beside.bytes === counted.bytes, `what is beside has ${counted.bytes} bytes`);
}

interface Counted {
  expiring: number;
  found: number;
  readonly beside: Set<string>;
  bytes: number;
}

/** Answers the live granules of a segment. */
function checkSegment(
  database: ByteDatabase,
  store: ByteStore,
  segment: number,
  indexed: ReadonlySet<number>,
  counted: Counted,
): number {
  const { memory } = store;
  const earliest = earliestIn(database, store, segment);
  const walk = new SegmentWalk(memory, segment);
  const ghosts = new Set(store['shared'].ghosts.get(segment));
  let live = 0;
  for (let ref = walk.next(); ref !== 0; ref = walk.next()) {
    const { words, doubles } = memory.regions[ref >>> REGION_BITS] as Region;
    const at = (ref & REGION_MASK) * 2;
    const head = words[at] as number;
    claim(indexed.has(ref) === ((head & DEAD) === 0), `record ${ref} is dead or in the index`);
    const isGhost = (head & GHOST) !== 0 && (head & DEAD) !== 0;
    claim(isGhost === ghosts.delete(ref), `record ${ref} is listed as a ghost`);
    if ((head & (DEAD | GHOST)) === GHOST)
      claim(store['shared'].view?.['keptOf'][segment] === 1, `record ${ref} was kept for a view`);
    if ((head & (DEAD | GHOST)) !== DEAD) checkBeside(database, ref, words, at, counted);
    if ((head & DEAD) !== 0) continue;
    counted.found++;
    live += granulesAt(words, at);
    const deadline = deadlineAt(words, doubles, at);
    if (deadline === 0) continue;
    counted.expiring++;
    claim(earliest(ref) <= deadline, `no record of segment ${segment} expires before it says`);
  }
  claim(ghosts.size === 0, `the ghosts of segment ${segment} are records in it`);
  return live;
}

/** What a record refers to belongs to no other. */
function checkBeside(
  database: ByteDatabase,
  ref: number,
  words: Int32Array,
  at: number,
  counted: Counted,
): void {
  const { beside } = database;
  const head = words[at] as number;
  const own = (kind: string, number: number, bytes: number): void => {
    claim(!counted.beside.has(`${kind} ${number}`), `${kind} ${number} has one record`);
    counted.beside.add(`${kind} ${number}`);
    counted.bytes += bytes;
  };
  if ((head & LARGE) !== 0) {
    const number = words[at + 2 + ((head & DEADLINE) !== 0 ? 2 : 0)] as number;
    own('large entry', number, beside.large(number).bytes.length);
  }
  if (database.typeOf(ref) === 0) return;
  const number = database['structureNumber'](ref);
  claim(
    beside.structureBytes(number) === beside.structure(number).memoryBytes,
    `structure ${number} is counted as it is`,
  );
  own('structure', number, beside.structureBytes(number));
}

/** What the engine believes about deadlines at a place; the sweep knows more where it is walking. */
function earliestIn(
  database: ByteDatabase,
  { memory }: ByteStore,
  segment: number,
): (ref: number) => number {
  const known = memory.earliest[segment] as number;
  const walk = database.sweeper['walk'];
  if (walk?.segment !== segment || !walk.valid) return () => known;
  const passed = Math.min(known, database.sweeper['earliest']);
  const end = walk['at'];
  return (ref) => ((ref & 0x1ffff) < end ? passed : Number.NEGATIVE_INFINITY);
}

/** Segments are frozen, and ghosts kept, for an open view only. */
function checkFrozen(store: ByteStore, own: (segment: number, owner: string) => void): void {
  const { memory } = store;
  const left = store['shared'].view?.['left'] ?? [];
  const frozen = new Set(left.map(({ segment }) => segment));
  memory.frozen.forEach((flag, segment) => {
    claim((flag !== 0) === frozen.has(segment), `segment ${segment} is frozen for a view`);
  });
  for (const segment of store['shared'].ghosts.keys())
    claim(frozen.has(segment), `segment ${segment} has ghosts and is frozen`);
  for (const { database, segment } of left)
    if (!database.log.owns(segment)) own(segment, "the view's, after a flush");
}

/** Every segment is free or has one owner, and they are as many as memory says. */
function checkSegments(
  { memory }: ByteStore,
  owners: ReadonlyMap<number, string>,
  own: (segment: number, owner: string) => void,
): void {
  claim(memory.used === owners.size, `${owners.size} of ${memory.used} segments have an owner`);
  memory.regions.forEach((region, number) => {
    if (!memory.isOpen(number)) return;
    const free = memory['free'][number] ?? [];
    for (const segment of free) own(segment, 'free');
    const all = Math.floor(region.words.length / 2 / 2 ** 17);
    for (let i = 0; i < all; i++)
      claim(owners.has(number * 256 + i), `segment ${number * 256 + i} is free or owned`);
  });
  for (const segment of owners.keys())
    claim(memory.isOpen(segment >>> 8), `segment ${segment} has memory`);
}
