/** What comes back for MULTI, the commands behind it and EXEC, until the last is there. */
export class BatchReplies {
  /** Why the server refused a command: EXEC executes nothing then. */
  refusal: Error | undefined;
  private readonly count: number;
  private left: number;

  constructor(commands: number) {
    this.count = commands + 2;
    this.left = this.count;
  }

  /** Takes one in. True: it is EXEC's. */
  add(error: Error | undefined): boolean {
    if (--this.left === 0) return true;
    this.refusal ??= error;
    return false;
  }

  /** All is sent again. */
  restart(): void {
    this.left = this.count;
    this.refusal = undefined;
  }
}
