import { COMPILED } from '@kv/protocol';

/** Counters since the start; INFO shows them. */
export class Statistics {
  readonly startedAt: number;
  connections = 0;
  rejectedConnections = 0;
  commands = 0;
  errors = 0;
  inputBytes = 0;
  outputBytes = 0;
  /** Bytes that connections hold now: requests not yet executed, replies not yet taken. */
  clientBytes = 0;
  /** The most memory that entries and clients have had, as far as somebody looked. */
  peakBytes = 0;
  keyspaceHits = 0;
  keyspaceMisses = 0;
  /** In the last second. */
  commandsPerSecond = 0;
  private commandsBefore = 0;
  /** By command number. */
  readonly calls = new Float64Array(COMPILED.length);
  /** By command number: calls that the gate has refused, and those that were answered with an error. */
  readonly rejected = new Float64Array(COMPILED.length);
  readonly failed = new Float64Array(COMPILED.length);

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** Called once a second. */
  second(): void {
    this.commandsPerSecond = Math.max(0, this.commands - this.commandsBefore);
    this.commandsBefore = this.commands;
  }

  /** CONFIG RESETSTAT: the counters begin at 0 again. What there is now stays counted. */
  reset(): void {
    this.connections = 0;
    this.rejectedConnections = 0;
    this.commands = 0;
    this.commandsBefore = 0;
    this.errors = 0;
    this.inputBytes = 0;
    this.outputBytes = 0;
    this.keyspaceHits = 0;
    this.keyspaceMisses = 0;
    this.calls.fill(0);
    this.rejected.fill(0);
    this.failed.fill(0);
  }
}
