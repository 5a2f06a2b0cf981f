import { describe, expect, test } from 'vitest';
import { type Environment, resolveEnvironment } from './environment.ts';
import { TimeSlice } from './time-slice.ts';

/** Time that passes only when somebody works, and a loop in whose turns others take `turnMs`. */
class Loop {
  now = 0;
  turns = 0;
  readonly environment: Environment;

  constructor(turnMs: number) {
    this.environment = resolveEnvironment({
      monotonic: { now: () => this.now },
      yieldToEventLoop: async () => {
        this.turns += 1;
        this.now += turnMs;
      },
    });
  }

  /** One of so many takes 30 microseconds more. */
  async disturbedTurn(one: number): Promise<void> {
    await this.environment.yieldToEventLoop();
    if (this.turns % one === 0) this.now += 0.03;
  }
}

describe('a slice of time', () => {
  test('is spent when it has been held for as long as it may, and not by waiting', async () => {
    const loop = new Loop(1);
    const slice = new TimeSlice(loop.environment, 2);
    loop.now += 1;
    await slice.waitFor(Promise.resolve().then(() => (loop.now += 10)));
    expect(slice.spent).toBe(false);
    loop.now += 1;
    expect(slice.spent).toBe(true);
    await slice.pause();
    expect(slice.spent).toBe(false);
  });

  test('leaves fourteen times as much to others that have work', async () => {
    const loop = new Loop(0.5);
    const slice = new TimeSlice(loop.environment, 2);
    loop.now += 2;
    await slice.pause();
    expect(loop.turns).toBe(56);
    loop.now += 4;
    await slice.pause();
    expect(loop.turns).toBe(56 + 112);
  });

  test('counts what they had while the disk was waited for', async () => {
    const loop = new Loop(0.5);
    const slice = new TimeSlice(loop.environment, 2);
    loop.now += 2;
    await slice.waitFor(Promise.resolve().then(() => (loop.now += 27)));
    await slice.pause();
    expect(loop.turns).toBe(2);
    loop.now += 2;
    await slice.waitFor(Promise.resolve().then(() => (loop.now += 100)));
    await slice.pause();
    expect(loop.turns).toBe(3);
    loop.now += 2;
    await slice.pause();
    expect(loop.turns).toBe(3 + 56);
  });

  test('ends its pause when nobody has had work for a while', async () => {
    const loop = new Loop(0.003);
    const slice = new TimeSlice(loop.environment, 2);
    loop.now += 2;
    await slice.pause();
    expect(loop.now).toBeLessThan(5);
  });

  test('takes a longer turn now and then for an interrupt', async () => {
    const loop = new Loop(0.003);
    const environment = { ...loop.environment, yieldToEventLoop: () => loop.disturbedTurn(100) };
    const slice = new TimeSlice(environment, 2);
    loop.now += 2;
    await slice.pause();
    expect(loop.now).toBeLessThan(5);
  });

  test('takes the turns of a few requests for work', async () => {
    const loop = new Loop(0.02);
    const slice = new TimeSlice(loop.environment, 2);
    loop.now += 2;
    await slice.pause();
    expect(loop.now).toBeCloseTo(30, 1);
  });
});
