import { KvError } from './errors.ts';

/** Values that are being made, by database and key, so that each is made once at a time. */
export type Flights = Map<string, Promise<unknown>>;

/**
 * Waits for the value that others are making already, or makes it.
 *
 * @param signals - end the waiting of this caller; the making goes on for the others
 */
export function singleFlight<T>(
  flights: Flights,
  key: string,
  signals: readonly AbortSignal[],
  make: () => Promise<T>,
): Promise<T> {
  let flight = flights.get(key) as Promise<T> | undefined;
  if (flight === undefined) {
    flight = make().finally(() => flights.delete(key));
    flights.set(key, flight);
  }
  return signals.length === 0 ? flight : untilAborted(flight, signals);
}

function untilAborted<T>(flight: Promise<T>, signals: readonly AbortSignal[]): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const give = (signal: AbortSignal) =>
    reject(new KvError('ABORTED', 'the call was aborted', { cause: signal.reason }));
  const abort = (event: Event) => give(event.target as AbortSignal);
  for (const signal of signals) {
    if (signal.aborted) give(signal);
    signal.addEventListener('abort', abort, { once: true });
  }
  const release = () => {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  };
  flight.then(resolve, reject);
  promise.then(release, release);
  return promise;
}
