/**
 * Does something once at the end of a turn of the event loop: when the code that is running
 * has ended, and every promise that could go on has gone on.
 */
export class TurnEnd {
  private readonly act: () => void;
  private asked = false;

  constructor(act: () => void) {
    this.act = act;
  }

  /** However often it is asked for in one turn. */
  ask(): void {
    if (this.asked) return;
    this.asked = true;
    queueMicrotask(this.afterMicrotasks);
  }

  private readonly afterMicrotasks = (): void => process.nextTick(this.atEnd);

  private readonly atEnd = (): void => {
    this.asked = false;
    this.act();
  };
}
