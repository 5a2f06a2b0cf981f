import type { BatchReplies } from './batch-replies.ts';
import type { RequestRun } from './request-run.ts';

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

/** A call from being made to having its reply. */
export interface Call {
  readonly name: string;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
  /** The request is `[start, end)` of this run, where it stays until it has been answered. */
  run: RequestRun;
  start: number;
  end: number;
  /** Whether the request waits there to be sent. */
  waiting: boolean;
  /** Whether the request may be sent again when the connection was lost. */
  readonly repeatable: boolean;
  /** The words of a command that changes the connection itself; see `Session`. */
  readonly tells: readonly string[] | undefined;
  /** Of a batch, which is several requests in one. */
  readonly batch: BatchReplies | undefined;
  /** Monotonic milliseconds; Infinity is never. */
  readonly expiresAt: number;
  /** Whether the request was ever handed to a socket: the server may have executed it. */
  sent: boolean;
  settled: boolean;
  /** Lets go of the signals. */
  release: (() => void) | undefined;
}

/** Marks a call as answered and lets go of all that it held. */
export function settle(call: Call): void {
  call.settled = true;
  if (call.release === undefined) return;
  call.release();
  call.release = undefined;
}

/** The length of the request. */
export function requestBytes(call: Call): number {
  return call.end - call.start;
}

/**
 * Whether a request goes out again after the connection was lost. What the
 * connection was told is told again even when nobody waits for the answer.
 */
export function goesAgain(call: Call): boolean {
  return call.repeatable && !(call.settled && call.tells === undefined);
}
