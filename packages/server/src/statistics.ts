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
  keyspaceHits = 0;
  keyspaceMisses = 0;
  /** By command number. */
  readonly calls = new Float64Array(COMPILED.length);

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** CONFIG RESETSTAT: the counters begin at 0 again. What there is now stays counted. */
  reset(): void {
    this.connections = 0;
    this.rejectedConnections = 0;
    this.commands = 0;
    this.errors = 0;
    this.inputBytes = 0;
    this.outputBytes = 0;
    this.keyspaceHits = 0;
    this.keyspaceMisses = 0;
    this.calls.fill(0);
  }
}
