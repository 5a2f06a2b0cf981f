import { describe, expect, test } from 'vitest';
import { losePower, type PowerLossCycle } from '../../test/power-loss.ts';
import { SimulatedDisk } from '../../test/simulated-disk.ts';

/** More is the long form; see docs/DURABILITY.md. */
const CYCLES = Number(process.env.KV_POWER_LOSS_CYCLES ?? 200);
const SEED = Number(process.env.KV_SEED ?? 1);

/** Which of the states was found; a state that never was is a failure. */
function indexOf({ states, found }: PowerLossCycle): number {
  const index = states.lastIndexOf(found);
  expect(index, `a state that never was:\n${found}`).toBeGreaterThanOrEqual(0);
  return index;
}

describe(`after each of ${CYCLES} power losses (seed ${SEED})`, () => {
  test('with always everything that was released is there', { timeout: 60_000 }, async () => {
    let lost = 0;
    await losePower({
      seed: SEED,
      policy: 'always',
      cycles: CYCLES,
      onCycle: (cycle) => {
        const index = indexOf(cycle);
        expect(index).toBeGreaterThanOrEqual(cycle.promised);
        lost += cycle.states.length - 1 - index;
      },
    });
    // Otherwise no power loss ever cost anything, and the test has shown nothing.
    expect(lost).toBeGreaterThan(0);
  });

  test('with everysec nothing is lost that is older than two seconds', {
    timeout: 60_000,
  }, async () => {
    let oldest = 0;
    await losePower({
      seed: SEED,
      policy: 'everysec',
      cycles: CYCLES,
      onCycle: (cycle) => {
        const lost = cycle.reachedAt[indexOf(cycle) + 1];
        if (lost !== undefined) oldest = Math.max(oldest, cycle.failedAt - lost);
      },
    });
    expect(oldest).toBeGreaterThan(0);
    expect(oldest).toBeLessThan(2_000);
  });

  test('with no what is there is one state, whole', { timeout: 60_000 }, async () => {
    await losePower({ seed: SEED, policy: 'no', cycles: CYCLES, onCycle: indexOf });
  });
});

/** Loses power with `always`, and holds the disk to what was promised. */
function keepsPromises(disk: SimulatedDisk): Promise<void> {
  return losePower({
    seed: SEED,
    policy: 'always',
    cycles: CYCLES,
    disk,
    onCycle: (cycle) => expect(indexOf(cycle)).toBeGreaterThanOrEqual(cycle.promised),
  });
}

describe('the test of power losses', () => {
  test('notices a directory that is never fsynced', async () => {
    const disk = new SimulatedDisk();
    disk.syncsDirectories = false;
    await expect(keepsPromises(disk)).rejects.toThrow();
  });

  test('notices an fsync that does nothing', async () => {
    const disk = new SimulatedDisk();
    disk.syncsFiles = false;
    await expect(keepsPromises(disk)).rejects.toThrow();
  });
});
