import { expect, it } from 'vitest';
import { ActiveExpiry } from './active-expiry.ts';

/** Timers that are run by hand. */
function timers() {
  const once: (() => void)[] = [];
  let tick = (): void => {};
  let stopped = 0;
  return {
    once,
    tick: () => tick(),
    stopped: () => stopped,
    port: {
      setTimeout: (callback: () => void) => once.push(callback),
      clearTimeout: () => {
        stopped++;
      },
      setInterval: (callback: () => void) => {
        tick = callback;
        return 1;
      },
      clearInterval: () => {
        stopped++;
      },
      setImmediate: () => {
        throw new Error('not used');
      },
    },
  };
}

it('looks a slice at a time, again soon while more is due, and seldom otherwise', () => {
  const { once, tick, stopped, port } = timers();
  let due = 2_500;
  const budgets: number[] = [];
  const engine = {
    now: 0,
    sweep(budget: number) {
      budgets.push(budget);
      const looked = Math.min(budget, due);
      due -= looked;
      return looked;
    },
  };
  const expiry = new ActiveExpiry(engine, { now: () => 77 }, port);
  expiry.start();
  tick();
  expect(engine.now).toBe(77);
  // The interval does not come between the slices.
  tick();
  expect(budgets.length).toBe(1);
  while (once.length > 0) once.shift()?.();
  expect(due).toBe(0);
  expect(budgets.length).toBe(3);
  tick();
  expect(budgets.length).toBe(4);
  expect(once.length).toBe(0);
  expiry.stop();
  expect(stopped()).toBe(2);
});
