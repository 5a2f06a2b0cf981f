// Random operations on a ByteStore, and on a Map that says what should come of them.
// Used by tests only.
import { Random } from '../conformance/random.ts';
import { OneRange } from './byte-ranges.ts';
import { ByteStore, type ByteStoreOptions } from './byte-store.ts';
import type { FrozenBytes, FrozenEntry } from './frozen-bytes.ts';
import { checkInvariants } from './invariants.ts';

/** A value is told by a number and a length: its bytes follow from them. */
interface Modelled {
  readonly fill: number;
  readonly length: number;
  readonly deadline: number;
  readonly encoding: number;
}

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
const pattern = new Uint8Array(300_256).map((_, i) => (i * 31 + (i >>> 8) * 7) & 255);

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
    const key = `key:${n}${'x'.repeat(n % 9)}`;
    const dice = random.below(1000);
    if (dice < 450) this.set(key);
    else if (dice < 700) this.check(key);
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
    this.model.set(key, { fill, length, deadline, encoding });
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
    same(this.db.valueView(ref), expected, key);
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
    same(entry.value, expected, key);
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

function same(actual: Uint8Array, { fill, length }: Modelled, key: string): void {
  const expected = pattern.subarray(fill, fill + length);
  if (Buffer.compare(actual, expected) !== 0) throw new Error(`value of '${key}'`);
}
