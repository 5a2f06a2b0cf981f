/**
 * A store that works on a disk whose power fails again and again. All that happens follows from a seed: what
 * is written, when a rewrite begins, how long each call of the disk takes, when the power fails, and what
 * the disk has lost then.
 */
import type { FsyncPolicy } from '../src/log/log-sync.ts';
import { openLog } from './open-log.ts';
import { seeded } from './random.ts';
import { SimulatedDisk } from './simulated-disk.ts';

export interface PowerLossOptions {
  readonly seed: number;
  readonly policy: FsyncPolicy;
  readonly cycles: number;
  /** The disk that is used; for tests of the test. */
  readonly disk?: SimulatedDisk;
  readonly onCycle?: (cycle: PowerLossCycle) => void;
}

/** What a start found after the power had failed. */
export interface PowerLossCycle {
  /** The states since the start before, one a turn, the oldest first. */
  readonly states: readonly string[];
  /** When each of them was reached, in milliseconds. */
  readonly reachedAt: readonly number[];
  /** The index of the newest state that was promised to last. */
  readonly promised: number;
  readonly failedAt: number;
  readonly found: string;
}

const never = () => new Promise<void>(() => {});
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export async function losePower(options: PowerLossOptions): Promise<void> {
  const random = seeded(options.seed);
  const disk = options.disk ?? new SimulatedDisk();
  const pace = async () => {
    for (let turns = random() * 4; turns >= 1; turns -= 1) await nextTurn();
  };
  let before: Omit<PowerLossCycle, 'found'> | undefined;
  for (let cycle = 0; cycle <= options.cycles; cycle += 1) {
    let failed = false;
    const power = Promise.withResolvers<undefined>();
    const fail = () => {
      if (failed) return;
      failed = true;
      disk.crash(random);
      power.resolve(undefined);
    };
    // Of a process without power nothing goes on; its clock stands still, and it would wait for ever.
    const whilePowered = (turn: () => Promise<void>) => () => (failed ? never() : turn());
    const fs = disk.mount(whilePowered(pace), undefined, () => {
      if (random() < 0.005) fail();
    });
    const opened = openLog({
      fs,
      fsync: options.policy,
      sliceMs: 0,
      rewriteAt: { percentage: 100, minBytes: 2_000 },
      yieldToEventLoop: whilePowered(nextTurn),
    });
    opened.catch(() => {});
    const started = await Promise.race([power.promise, opened]);
    // The power failed before the start was over: what was there before must be there after the next.
    if (started === undefined) continue;
    const { log, store, time } = started;
    if (before !== undefined) options.onCycle?.({ ...before, found: store.dump });
    const states = [store.dump];
    const reachedAt = [0];
    let promised = 0;
    const turns = random() * 60;
    for (let turn = 0; turn < turns && !failed; turn += 1) {
      for (let changes = random() * 4; changes >= 1; changes -= 1) change(store, random);
      if (states.at(-1) !== store.dump) {
        const index = states.push(store.dump) - 1;
        reachedAt.push(time.monotonic.now());
        log.whenReleased((safe) => {
          if (safe && !failed) promised = Math.max(promised, index);
        });
      }
      time.advance(Math.floor(random() * 100));
      await pace();
    }
    if (options.policy !== 'always') promised = 0;
    fail();
    before = { states, reachedAt, promised, failedAt: time.monotonic.now() };
    await pace();
  }
}

function change(store: Awaited<ReturnType<typeof openLog>>['store'], random: () => number): void {
  const key = `key:${Math.floor(random() * 12)}`;
  const database = random() < 0.2 ? 1 : 0;
  const kind = random();
  if (kind < 0.1) store.remove(key, database);
  else if (kind < 0.2) store.expire(key, 4_000_000_000_000 + Math.floor(random() * 1000), database);
  else if (kind < 0.22) store.flush(database);
  else if (kind < 0.24) store.swap(database, (database + 1) % 3);
  else if (kind < 0.3) store.set(key, 'long '.repeat(random() * 300), undefined, database);
  else store.set(key, `value ${random()}`, undefined, database);
}
