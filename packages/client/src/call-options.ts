/** What can be said of any single call. */
export interface CallOptions {
  /**
   * Aborting it rejects the call with `ABORTED` at once. A request that was not sent
   * yet is taken back; the reply to one that was is dropped when it comes.
   */
  readonly signal?: AbortSignal | undefined;
  /** How long this call may take, in milliseconds; 0 is for ever. Default: the client's. */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether the reply waits until what the call did is on disk, whatever the server's `appendfsync` says; so
   * what it has answered survives a power failure. A server without a log refuses with `NOLOG`, and nothing
   * was executed. Default: the view's, or false.
   */
  readonly durable?: boolean | undefined;
}

/** What holds for one call, when its own options and its view's have been put together. */
export interface CallLimits {
  readonly signals: readonly AbortSignal[];
  /** `undefined` is the client's. */
  readonly timeoutMs: number | undefined;
  /** Whether the reply waits for the server's disk. */
  readonly durable: boolean;
}
