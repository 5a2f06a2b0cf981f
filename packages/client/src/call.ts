/** What can be said of any single call. */
export interface CallOptions {
  /** Aborting it rejects the call with `ABORTED` at once; a reply that comes later is dropped. */
  readonly signal?: AbortSignal | undefined;
  /** How long this call may take, in milliseconds; 0 is for ever. Default: the client's. */
  readonly timeoutMs?: number | undefined;
}

/** A call from being made to having its reply. */
export interface Call {
  readonly name: string;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Where the request lies in the outgoing bytes, until it is sent. */
  start: number;
  end: number;
  /**
   * What to send again after the connection was lost: the arguments if nobody can
   * change them, else the bytes; `undefined` when it must not be sent twice.
   */
  readonly again: readonly unknown[] | Uint8Array | undefined;
  /** Monotonic milliseconds; Infinity is never. */
  readonly expiresAt: number;
  settled: boolean;
  /** Lets go of the signal. */
  release: (() => void) | undefined;
}
