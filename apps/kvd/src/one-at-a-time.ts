import type { Exclusively } from '@kv/persistence';

/** Runs one piece of work after the other, in the order in which they were asked for. */
export function oneAtATime(): Exclusively {
  let last: Promise<unknown> | undefined;
  return <T>(work: () => Promise<T>): Promise<T> => {
    // At once, and not in a moment, where nothing is running.
    const running = last === undefined ? work() : last.then(work);
    const ended = running.then(
      () => undefined,
      () => undefined,
    );
    last = ended;
    void ended.then(() => {
      if (last === ended) last = undefined;
    });
    return running;
  };
}
