/** The deadlines by key, as a store needs them whatever it keeps its entries in. */
export interface Deadlines {
  readonly size: number;
  get(key: string): number | undefined;
  /** Does nothing for a key that the store does not hold. */
  set(key: string, deadline: number): void;
  delete(key: string): boolean;
  /** How many of the deadlines have come at `now`. */
  countDue(now: number): number;
  /**
   * Takes no more than `budget` looks for deadlines that have come at `now`, and goes on where
   * the last sweep stopped; with a budget that covers all, looks at all that is there
   * throughout. `expire` is told the key of each that has come, and removes the entry; it may
   * change others. Answers how many there were.
   */
  sweep(budget: number, now: number, expire: (key: string) => void): number;
}
