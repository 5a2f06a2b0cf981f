/** The deadlines by key, as a store needs them whatever it keeps its entries in. */
export interface Deadlines {
  readonly size: number;
  get(key: string): number | undefined;
  /** Does nothing for a key that the store does not hold. */
  set(key: string, deadline: number): void;
  delete(key: string): boolean;
  clear(): void;
  /** How many of the deadlines have come at `now`. */
  countDue(now: number): number;
  /** How many visits a sweep with `budget` makes. One that covers all starts a fresh pass. */
  beginSweep(budget: number): number;
  /** Visits one entry; answers its key if its deadline has come at `now`. */
  visit(now: number): string | undefined;
}
