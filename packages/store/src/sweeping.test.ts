import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from './conformance/manual-clock.ts';
import { ExpiringKeyValueStore } from './expiring-key-value-store.ts';
import { startSweeping, type Timers } from './sweeping.ts';

/** Timers that fire when the test says so. */
class ManualTimers implements Timers {
  readonly running = new Map<object, () => void>();
  readonly unref = vi.fn();
  intervalMs = 0;

  setInterval(callback: () => void, ms: number): unknown {
    const timer = { unref: this.unref };
    this.running.set(timer, callback);
    this.intervalMs = ms;
    return timer;
  }

  clearInterval(timer: unknown): void {
    this.running.delete(timer as object);
  }

  tick(): void {
    for (const callback of this.running.values()) callback();
  }
}

describe('startSweeping', () => {
  it('sweeps with its budget at every tick, on one timer that does not keep the process alive', () => {
    const clock = new ManualClock();
    const timers = new ManualTimers();
    const store = new ExpiringKeyValueStore<number>({ clock });
    for (let n = 0; n < 25; n++) store.set(`key:${n}`, n, { ttlMs: 100 });
    startSweeping(store, { intervalMs: 50, budget: 10, timers });
    expect([timers.running.size, timers.intervalMs]).toEqual([1, 50]);
    expect(timers.unref).toHaveBeenCalledOnce();
    timers.tick();
    expect(store.size).toBe(25);
    clock.advance(100);
    const sizes = [1, 2, 3, 4].map(() => {
      timers.tick();
      return store.size;
    });
    expect(sizes).toEqual([15, 5, 0, 0]);
  });

  it('stops on stop, once, and at the end of a using block', () => {
    const timers = new ManualTimers();
    const store = new ExpiringKeyValueStore<number>();
    const clear = vi.spyOn(timers, 'clearInterval');
    const sweeping = startSweeping(store, { timers });
    sweeping.stop();
    sweeping.stop();
    sweeping[Symbol.dispose]();
    expect([timers.running.size, clear.mock.calls.length]).toEqual([0, 1]);
    {
      using _ = startSweeping(store, { timers });
      expect(timers.running.size).toBe(1);
    }
    expect(timers.running.size).toBe(0);
  });

  it('takes timers that are numbers, as those of a browser are', () => {
    const clearInterval = vi.fn();
    const timers = { setInterval: () => 7, clearInterval };
    startSweeping(new ExpiringKeyValueStore(), { timers }).stop();
    expect(clearInterval).toHaveBeenCalledWith(7);
  });

  it("uses the host's timers by default", () => {
    vi.useFakeTimers();
    try {
      const store = new ExpiringKeyValueStore<number>();
      store.set('a', 1, { ttlMs: 1000 });
      const sweeping = startSweeping(store);
      vi.advanceTimersByTime(1000);
      expect(store.size).toBe(0);
      sweeping.stop();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('refuses a bad interval or budget and starts nothing', () => {
    const timers = new ManualTimers();
    const bad = [0, -1, 1.5, Number.NaN, '5'];
    for (const options of [
      ...[...bad, 2 ** 31, Number.POSITIVE_INFINITY].map((intervalMs) => ({ intervalMs })),
      ...bad.map((budget) => ({ budget })),
    ]) {
      const start = () =>
        startSweeping(new ExpiringKeyValueStore(), { timers, ...options } as never);
      expect(start).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    const without = () => startSweeping(undefined as never, { timers });
    expect(without).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(timers.running.size).toBe(0);
  });
});
