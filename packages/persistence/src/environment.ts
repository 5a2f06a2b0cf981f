import { randomBytes } from 'node:crypto';
import type { FileSystem } from './file-system.ts';
import { nodeFileSystem } from './node-file-system.ts';

/** Something that tells the time in milliseconds. */
export interface Clock {
  now(): number;
}

/** One-shot timers. A handle is whatever `setTimeout` answers. */
export interface Timers {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/**
 * All that this package needs of the world. Every part can be replaced, so that a whole system can be
 * run simulated in one process, and tests move time instead of sleeping.
 */
export interface Environment {
  /** Files and directories. Default `nodeFileSystem`. */
  readonly fs: FileSystem;
  /** Wall clock, Unix milliseconds. Default `Date.now`. */
  readonly clock: Clock;
  /** Clock that never jumps, for durations, slices and save points. Default `performance.now`. */
  readonly monotonic: Clock;
  /** Default: the process's, unreferenced, so that a waiting save point keeps no process alive. */
  readonly timers: Timers;
  /** Lets the event loop turn. Default `setImmediate`. */
  readonly yieldToEventLoop: () => Promise<void>;
  /** Random bytes for the snapshot's id and the temporary file's name. Default `crypto.randomBytes`. */
  readonly randomBytes: (count: number) => Uint8Array;
}

const systemTimers: Timers = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Fills in the real thing for everything that is not given. */
export function resolveEnvironment(given: Partial<Environment>): Environment {
  return {
    fs: given.fs ?? nodeFileSystem,
    clock: given.clock ?? { now: () => Date.now() },
    monotonic: given.monotonic ?? { now: () => performance.now() },
    timers: given.timers ?? systemTimers,
    yieldToEventLoop:
      given.yieldToEventLoop ?? (() => new Promise((resolve) => setImmediate(resolve))),
    randomBytes: given.randomBytes ?? randomBytes,
  };
}
