import { setFlagsFromString } from 'node:v8';

/**
 * What V8 puts into one function, in bytes of bytecode: one callee, and all of them. The way of a
 * request is many small functions, which the limits it has for programs in general, 460 and 920, break
 * in places.
 */
const SETTINGS: readonly string[] = [
  '--max-inlined-bytecode-size=1500',
  '--max-inlined-bytecode-size-cumulative=4000',
];

/** Makes V8 inline more; to be called before anything is hot. It is for a whole process, so for the daemon only. */
export function inlineMore(): void {
  for (const setting of SETTINGS) setFlagsFromString(setting);
}
