/** What can be said of any single call. */
export interface CallOptions {
  /**
   * Aborting it rejects the call with `ABORTED` at once. A request that was not sent
   * yet is taken back; the reply to one that was is dropped when it comes.
   */
  readonly signal?: AbortSignal | undefined;
  /** How long this call may take, in milliseconds; 0 is for ever. Default: the client's. */
  readonly timeoutMs?: number | undefined;
}

/** A call from being made to having its reply. */
export interface Call {
  readonly name: string;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Where the request lies in the outgoing bytes while it waits there; else `end` is 0. */
  start: number;
  end: number;
  /** The length of the request. */
  readonly bytes: number;
  /**
   * What to send again after the connection was lost: the arguments if nobody can
   * change them, else the bytes; `undefined` when it must not be sent twice.
   */
  again: readonly unknown[] | Uint8Array | undefined;
  /** The words of a command that changes the connection itself; see `Session`. */
  readonly tells: readonly string[] | undefined;
  /** Monotonic milliseconds; Infinity is never. */
  readonly expiresAt: number;
  /** Whether the request was ever handed to a socket: the server may have executed it. */
  sent: boolean;
  settled: boolean;
  /** Lets go of the signals. */
  release: (() => void) | undefined;
}

/** Whether the request still lies in the outgoing bytes. */
export function isWaiting(call: Call): boolean {
  return call.end > 0;
}

/** Marks a call as answered and lets go of all that it held. */
export function settle(call: Call): void {
  call.settled = true;
  call.release?.();
  call.release = undefined;
  // What the connection was told is told again even when nobody waits for the answer.
  if (call.tells === undefined) call.again = undefined;
}
