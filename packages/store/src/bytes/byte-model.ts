// Random operations on a ByteStore, and on a Map that says what should come of them.
// Used by tests only.
import { Random } from '../conformance/random.ts';
import { Cell, type Modelled, nameOf, pattern, same, sameCell } from './byte-model-values.ts';
import { OneRange } from './byte-ranges.ts';
import { ByteStore, type ByteStoreOptions } from './byte-store.ts';
import type { FrozenBytes } from './frozen-bytes.ts';
import type { FrozenEntry } from './frozen-record.ts';
import { checkInvariants } from './invariants.ts';
import { batchOf } from './test-batch.ts';

/** A frozen view, and what the keys that have changed since were when it was taken. */
interface View {
  readonly frozen: FrozenBytes;
  readonly entries: Iterator<FrozenEntry>;
  readonly now: number;
  readonly before: Map<string, Modelled | undefined>;
  readonly expected: number;
  readonly seen: Set<string>;
}

/** How often, in operations, everything is checked. */
const INVARIANTS_EVERY = 5000;
const LENGTHS = [8, 64, 400, 3000, 60_000, 300_000];
const decoder = new TextDecoder();

/** Runs operations against a model; every failure names the seed and the operation. */
export class ByteModel {
  readonly store: ByteStore;
  readonly model = new Map<string, Modelled>();
  readonly random: Random;
  readonly range = new OneRange();
  view: View | undefined;
  private readonly seed: number;
  private readonly keys: number;
  private at = 0;

  constructor(seed: number, keys: number, options: ByteStoreOptions = {}) {
    this.seed = seed;
    this.keys = keys;
    this.random = new Random(seed);
    this.store = new ByteStore({ hashSecret: [seed, ~seed], ...options });
    this.store.now = 1000;
  }

  get db() {
    return this.store.at(0);
  }

  /** Makes so many operations, reads the open view meanwhile, and checks everything at times. */
  run(operations: number): void {
    const end = this.at + operations;
    try {
      for (; this.at < end; this.at++) {
        this.step();
        if (this.view !== undefined && this.random.oneIn(2)) this.readView();
        if (this.at % INVARIANTS_EVERY === 0) checkInvariants(this.store);
      }
      this.finishView();
      checkInvariants(this.store);
    } catch (cause) {
      throw new Error(`seed ${this.seed}, operation ${this.at}: ${String(cause)}`, { cause });
    }
  }

  /** One random operation. */
  step(): void {
    const { random } = this;
    const n = random.below(this.keys);
    const key = nameOf(n);
    const dice = random.below(1000);
    if (dice < 380) this.set(key);
    else if (dice < 400) this.overwrite(key);
    else if (dice < 420) this.setStructure(key);
    else if (dice < 450) this.changeStructure(key);
    else if (dice < 650) this.check(key);
    else if (dice < 700) this.batch();
    else if (dice < 850) this.remove(key);
    else if (dice < 930) this.setDeadline(key);
    else if (dice < 996) this.expire();
    else if (this.view === undefined) this.freeze();
    else if (random.oneIn(4)) this.closeView();
    else if (random.oneIn(30)) this.clear();
  }

  set(key: string, length = this.randomLength()): void {
    const { random, store } = this;
    const fill = random.below(256);
    const deadline = random.oneIn(3) ? store.now + 1 + random.below(2000) : 0;
    const encoding = random.below(4);
    const range = this.range.take(key);
    this.db.set(range, 0, pattern, fill, length, encoding, deadline);
    this.note(key);
    this.model.set(key, { type: 0, fill, length, deadline, encoding });
  }

  setStructure(key: string): void {
    const { random, store } = this;
    const fill = random.below(256);
    const type = 1 + random.below(7);
    const deadline = random.oneIn(3) ? store.now + 1 + random.below(2000) : 0;
    this.db.setStructure(this.range.take(key), 0, type, new Cell(fill), deadline);
    this.note(key);
    this.model.set(key, { type, fill, length: 0, deadline, encoding: 0 });
  }

  changeStructure(key: string): void {
    const expected = this.live(key);
    if (expected === undefined || expected.type === 0) {
      this.setStructure(key);
      return;
    }
    const { db, range } = this;
    const cell = db.structureToChange(range.take(key), 0, db.find(range, 0)) as Cell;
    cell.number++;
    db.resized(db.find(range, 0));
    this.note(key);
    this.model.set(key, { ...expected, fill: expected.fill + 1 });
  }

  /** Writes over a value, mostly with as many bytes. */
  overwrite(key: string): void {
    const { db, random } = this;
    const expected = this.live(key);
    if (expected === undefined) return;
    const fill = random.below(256);
    const length = random.oneIn(4) ? random.below(100) : expected.length;
    const written = db.overwrite(db.find(this.range.take(key), 0), pattern, fill, length);
    const isSmall = expected.type === 0 && length < 200_000;
    if (isSmall && length === expected.length && this.view === undefined && !written)
      throw new Error(`'${key}' was not written over`);
    if (!written) return;
    this.note(key);
    this.model.set(key, { ...expected, fill, length });
  }

  /** Looks several keys up at once, then writes, reads and removes with what was found. */
  batch(): void {
    const { random, db } = this;
    const names = Array.from({ length: 1 + random.below(9) }, () =>
      nameOf(random.below(this.keys)),
    );
    const batch = batchOf(names, random.oneIn(3) ? 0 : 8);
    db.prefetch(batch);
    for (const [at, key] of names.entries()) {
      const dice = random.below(3);
      if (random.oneIn(1000)) this.clear();
      const expected = this.live(key);
      if (dice === 0) {
        if ((db.find(batch, at) !== 0) !== (expected !== undefined))
          throw new Error(`find '${key}' in a batch`);
      } else if (dice === 1) {
        if (db.remove(batch, at) !== (expected !== undefined))
          throw new Error(`remove '${key}' in a batch`);
        this.note(key);
        this.model.delete(key);
      } else {
        const value = { type: 0, fill: at, length: 40, deadline: 0, encoding: 1 };
        db.set(batch, at, pattern, value.fill, value.length, value.encoding, value.deadline);
        this.note(key);
        this.model.set(key, value);
      }
    }
  }

  private randomLength(): number {
    const { random } = this;
    const rare = random.below(2000);
    const limit = LENGTHS[rare === 0 ? 5 : rare < 20 ? 4 : random.below(4)] as number;
    return random.below(limit);
  }

  check(key: string): void {
    const ref = this.db.find(this.range.take(key), 0);
    const expected = this.live(key);
    if (expected === undefined) {
      if (ref !== 0) throw new Error(`'${key}' is there`);
      return;
    }
    if (ref === 0) throw new Error(`'${key}' is not there`);
    if (this.db.typeOf(ref) !== expected.type) throw new Error(`type of '${key}'`);
    if (expected.type === 0) same(this.db.valueView(ref), expected, key);
    else sameCell(this.db.structureOf(ref), expected, key);
    if (this.db.deadlineOf(ref) !== expected.deadline) throw new Error(`deadline of '${key}'`);
    if (this.db.encodingOf(ref) !== expected.encoding) throw new Error(`encoding of '${key}'`);
    if (decoder.decode(this.db.keyOf(ref)) !== key) throw new Error(`key of '${key}'`);
  }

  remove(key: string): void {
    const existed = this.live(key) !== undefined;
    if (this.db.remove(this.range.take(key), 0) !== existed) throw new Error(`remove '${key}'`);
    this.note(key);
    this.model.delete(key);
  }

  setDeadline(key: string): void {
    const deadline = this.random.oneIn(2) ? 0 : this.store.now + 1 + this.random.below(2000);
    const expected = this.live(key);
    const existed = this.db.setDeadline(this.range.take(key), 0, deadline);
    if (existed !== (expected !== undefined)) throw new Error(`setDeadline '${key}'`);
    if (expected === undefined) return;
    this.note(key);
    this.model.set(key, { ...expected, deadline });
  }

  expire(): void {
    this.store.now += this.random.below(12);
    this.store.sweep(1 + this.random.below(200));
  }

  clear(): void {
    this.db.clear();
    for (const key of this.model.keys()) this.note(key);
    this.model.clear();
  }

  freeze(): void {
    const { now } = this.store;
    let expected = 0;
    for (const key of this.model.keys()) if (this.live(key) !== undefined) expected++;
    const frozen = this.store.freeze();
    const entries = frozen[Symbol.iterator]();
    this.view = { frozen, entries, now, before: new Map(), expected, seen: new Set() };
  }

  /** Reads the next entry of the view. False at its end, after which it is closed. */
  readView(): boolean {
    const view = this.view as View;
    const next = view.entries.next();
    if (next.done) {
      if (view.seen.size !== view.expected)
        throw new Error(`the view has ${view.seen.size} of ${view.expected} entries`);
      this.closeView();
      return false;
    }
    const entry = next.value;
    const key = decoder.decode(entry.key);
    if (view.seen.has(key)) throw new Error(`the view has '${key}' twice`);
    view.seen.add(key);
    const expected = view.before.has(key) ? view.before.get(key) : this.model.get(key);
    if (expected === undefined) throw new Error(`the view has '${key}', which was not there`);
    if (entry.type !== expected.type) throw new Error(`the view has another type of '${key}'`);
    if (expected.type === 0) same(entry.value, expected, key);
    else sameCell(entry.structure, expected, key);
    if ((entry.deadline ?? 0) !== expected.deadline || entry.encoding !== expected.encoding)
      throw new Error(`the view has another deadline or encoding of '${key}'`);
    return true;
  }

  finishView(): void {
    while (this.view !== undefined) this.readView();
  }

  closeView(): void {
    this.view?.frozen.close();
    this.view = undefined;
  }

  live(key: string): Modelled | undefined {
    const found = this.model.get(key);
    const { now } = this.store;
    return found !== undefined && found.deadline !== 0 && found.deadline <= now ? undefined : found;
  }

  /** Keeps what a key was when the view was taken. */
  private note(key: string): void {
    const { view } = this;
    if (view !== undefined && !view.before.has(key)) view.before.set(key, this.model.get(key));
  }
}
