import type { BatchReplies } from './batch-replies.ts';
import type { CommandKind } from './command.ts';
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

/** What holds for one call, when its own options and its view's have been put together. */
export interface CallLimits {
  readonly signals: readonly AbortSignal[];
  /** `undefined` is the client's. */
  readonly timeoutMs: number | undefined;
  /** Whether the reply waits for the server's disk. */
  readonly durable: boolean;
}

/** A call from being made to having its reply. */
export interface Call {
  readonly kind: CommandKind;
  promise: Promise<unknown>;
  resolve: (reply: unknown) => void;
  reject: (error: Error) => void;
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
  /** How long it may take, in milliseconds; 0 is for ever. */
  readonly limitMs: number;
  /** When it is too late, in monotonic milliseconds; 0 is never, or that the time has not begun. */
  expiresAt: number;
  /** Whether the request was ever handed to a socket: the server may have executed it. */
  sent: boolean;
  settled: boolean;
  /** Lets go of the signals. */
  release: (() => void) | undefined;
}

/** Begins the time of a call, unless it has begun; returns when it will be too late, 0 for never. */
export function startTime(call: Call, now: number): number {
  // A whole number takes no memory of its own.
  if (call.expiresAt === 0 && call.limitMs !== 0) call.expiresAt = Math.ceil(now) + call.limitMs;
  return call.expiresAt;
}

/** Whether it is too late for a call. */
export function isExpired({ expiresAt }: Call, now: number): boolean {
  return expiresAt !== 0 && expiresAt <= now;
}

/** Marks a call as answered and lets go of all that it held. */
export function settle(call: Call): void {
  call.settled = true;
  if (call.release === undefined) return;
  call.release();
  call.release = undefined;
}

const ANSWERED = Promise.resolve();
const nothing = (): void => {};

/**
 * Lets go of the promise of a call that has been answered. A call that waited for long is old to
 * the garbage collector, which looks at old objects seldom: what it holds, and what hangs on
 * that, would stay until then, and collecting would take as long as all the rest.
 */
export function forget(call: Call): void {
  call.promise = ANSWERED;
  call.resolve = nothing;
  call.reject = nothing;
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
