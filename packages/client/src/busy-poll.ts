/** So often a reply is looked for: together about 50 microseconds. */
const LOOKS_MAX = 64;

/** The most requests that are sent without a look. */
const REST_MAX = 1024;

/**
 * Looks for replies a moment longer before the process goes to sleep. A server on the same
 * machine answers sooner than a process has fallen asleep and been woken, so that waiting awake
 * takes less time and even less work, on both sides. Where the server is farther away that shows
 * in the first replies, and from then on one request in a thousand is looked for.
 *
 * A look is a turn of the event loop: whatever else is due has its turn in between.
 */
export class BusyPoll {
  /** Calls back when the event loop has looked for what has arrived. */
  private readonly afterLook: (callback: () => void) => unknown;
  private due = false;
  private looking = false;
  private looks = 0;
  /** Requests that are still to be sent without a look, and how many it will be the next time. */
  private rest = 0;
  private nextRest = 1;

  constructor(afterLook: (callback: () => void) => unknown) {
    this.afterLook = afterLook;
  }

  /** A request has been sent: its reply is due. */
  sent(): void {
    this.due = true;
    this.looks = 0;
    if (this.looking) return;
    if (this.rest > 0) {
      this.rest--;
      return;
    }
    this.looking = true;
    this.afterLook(this.look);
  }

  /** Something has arrived. */
  received(): void {
    if (this.due && this.looking) this.nextRest = 1;
    this.due = false;
  }

  /** Nothing will arrive any more. */
  stop(): void {
    this.due = false;
  }

  private readonly look = (): void => {
    if (this.due && ++this.looks < LOOKS_MAX) {
      this.afterLook(this.look);
      return;
    }
    this.looking = false;
    if (!this.due) return;
    this.rest = this.nextRest;
    this.nextRest = Math.min(REST_MAX, this.nextRest * 2);
  };
}
