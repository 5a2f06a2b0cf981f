import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const SETTINGS: readonly string[] = [
  // What is put into one function, in bytes of bytecode: one callee, and all of them. The way of a
  // request is many small functions, which the limits for programs in general, 460 and 920, break in
  // places.
  '--max-inlined-bytecode-size=1500',
  '--max-inlined-bytecode-size-cumulative=4000',
  // Of the young generation next to nothing is alive when it is cleared, as keys and values lie
  // elsewhere. To wake threads for that takes longer than to do it.
  '--no-parallel-scavenge',
];

/** Makes V8 fit for a server; to be called before anything is hot. It is for a whole process, so for the daemon only. */
export function tuneV8(): void {
  for (const setting of SETTINGS) setFlagsFromString(setting);
}

/**
 * Clears away what starting has left behind. What lives of it is copied then; otherwise the first clients would wait
 * for that, about as long as for all collections of the next minute.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
