import type { ExpiringStore, SetOptions } from '../expiring-store.ts';
import { assert, assertSame } from './assertions.ts';
import {
  assertHolds,
  assertValue,
  type ExpiringStoreHarness,
  type SuiteOptions,
} from './harness.ts';
import type { ManualClock } from './manual-clock.ts';
import { Random } from './random.ts';
import { randomKey, withPlace } from './random-operations.ts';

/** Short against the steps of the clock, so that entries expire all the time. */
const TTL_MS_MAX = 400;

interface Run<V> extends Required<SuiteOptions> {
  readonly store: ExpiringStore<V>;
  readonly clock: ManualClock;
  readonly harness: ExpiringStoreHarness<V>;
}

/** What the store should hold: the numbers of the values, and the deadlines of those that have one. */
interface Model {
  readonly values: Map<string, number>;
  readonly deadlines: Map<string, number>;
}

interface Step<V> extends Run<V> {
  readonly random: Random;
  readonly model: Model;
  /** The number of the value that this step may write. */
  readonly n: number;
}

/** Does the same to `store` and to a model that forgets expired entries at once. */
export function runRandomExpiringOperations<V>(run: Run<V>): void {
  const { store, clock, harness, seed, operations } = run;
  const random = new Random(seed);
  const model: Model = { values: new Map(), deadlines: new Map() };
  for (let at = 0; at < operations; at++) {
    withPlace(seed, at, () => {
      if (random.oneIn(4)) clock.advance(random.below(TTL_MS_MAX / 4));
      forgetExpired(model, clock.now());
      const act = ACTIONS[random.below(ACTIONS.length)] as Action;
      act({ ...run, random, model, n: at }, randomKey(random));
      forgetExpired(model, clock.now());
      assert(store.size >= model.values.size, `size ${store.size} < ${model.values.size} entries`);
      if (at % 64 === 0) assertHolds(harness, store, model.values, 'everything');
    });
  }
}

type Action = <V>(step: Step<V>, key: string) => void;

/** Listed as often as an action shall come up against the others. */
const ACTIONS: readonly Action[] = [
  ...[set, set, set, set, setMany, remove, remove, get, get, get, getMany],
  ...[expire, expireAt, persist, times, times, sweep],
];

function set<V>(step: Step<V>, key: string): void {
  const options = randomOptions(step);
  step.store.set(key, step.harness.value(step.n), options);
  modelSet(step, key, step.n, options);
}

function setMany<V>(step: Step<V>, key: string): void {
  const options = randomOptions(step);
  const keys = [key, randomKey(step.random), randomKey(step.random)];
  const pairs = keys.map((k, i): [string, V] => [k, step.harness.value(step.n + i)]);
  assertSame(step.store.setMany(pairs, options), keys.length, 'setMany');
  keys.forEach((k, i) => {
    modelSet(step, k, step.n + i, options);
  });
}

function remove<V>({ store, model, random }: Step<V>, key: string): void {
  if (random.oneIn(200)) {
    assert(store.clear() >= model.values.size, 'clear answers at least the live entries');
    assertSame(store.size, 0, 'size after clear');
    model.values.clear();
    model.deadlines.clear();
  } else {
    assertSame(store.delete(key), modelDelete(model, key), `delete('${key}')`);
  }
}

function get<V>({ store, model, harness }: Step<V>, key: string): void {
  assertValue(harness, store.get(key), model.values.get(key), `get('${key}')`);
  assertSame(store.has(key), model.values.has(key), `has('${key}')`);
}

function getMany<V>({ store, model, harness, random }: Step<V>, key: string): void {
  const keys = [key, randomKey(random), randomKey(random)];
  store.getMany(keys).forEach((value, i) => {
    assertValue(harness, value, model.values.get(keys[i] as string), `getMany('${keys[i]}')`);
  });
}

function expire<V>({ store, model, clock, random }: Step<V>, key: string): void {
  const ttlMs = random.below(TTL_MS_MAX) - 20;
  const present = model.values.has(key);
  assertSame(store.expire(key, ttlMs), present, `expire('${key}', ${ttlMs})`);
  if (present) model.deadlines.set(key, clock.now() + ttlMs);
}

function expireAt<V>({ store, model, clock, random }: Step<V>, key: string): void {
  const deadline = clock.now() + random.below(TTL_MS_MAX) - 20;
  const present = model.values.has(key);
  assertSame(store.expireAt(key, deadline), present, `expireAt('${key}', ${deadline})`);
  if (present) model.deadlines.set(key, deadline);
}

function persist<V>({ store, model }: Step<V>, key: string): void {
  assertSame(store.persist(key), model.deadlines.delete(key), `persist('${key}')`);
}

function times<V>({ store, model, clock }: Step<V>, key: string): void {
  const deadline = model.deadlines.get(key);
  const ttlMs = deadline === undefined ? undefined : deadline - clock.now();
  assertSame(store.deadline(key), deadline, `deadline('${key}')`);
  assertSame(store.ttlMs(key), ttlMs, `ttlMs('${key}')`);
}

function sweep<V>({ store, model, random }: Step<V>): void {
  const budget = random.oneIn(4) ? Number.POSITIVE_INFINITY : 1 + random.below(20);
  const before = store.size;
  const removed = store.sweep(budget);
  assert(removed <= budget, `sweep(${budget}) removed ${removed}`);
  assertSame(store.size, before - removed, `size after sweep(${budget}) removed ${removed}`);
  if (budget === Number.POSITIVE_INFINITY) {
    assertSame(store.size, model.values.size, 'size after a sweep of everything');
  }
}

function randomOptions<V>({ random, clock }: Step<V>): SetOptions | undefined {
  const kind = random.below(10);
  if (kind < 3) return undefined;
  if (kind < 6) return { ttlMs: 1 + random.below(TTL_MS_MAX) };
  if (kind < 8) return { deadline: clock.now() + random.below(TTL_MS_MAX) - 20 };
  return { keepTtl: kind === 8 };
}

function modelSet<V>(
  { model, clock }: Step<V>,
  key: string,
  n: number,
  options: SetOptions | undefined,
): void {
  model.values.set(key, n);
  const { ttlMs, deadline, keepTtl } = options ?? {};
  if (ttlMs !== undefined) model.deadlines.set(key, clock.now() + ttlMs);
  else if (deadline !== undefined) model.deadlines.set(key, deadline);
  else if (!keepTtl) model.deadlines.delete(key);
}

function modelDelete(model: Model, key: string): boolean {
  model.deadlines.delete(key);
  return model.values.delete(key);
}

function forgetExpired(model: Model, now: number): void {
  for (const [key, deadline] of model.deadlines) {
    if (now >= deadline) modelDelete(model, key);
  }
}
