import type { BatchReplies } from './batch-replies.ts';
import type { CommandKind } from './command.ts';
import type { RequestRun } from './request-run.ts';

/** What there is to know of a request besides its bytes. */
export interface RequestTraits {
  readonly kind: CommandKind;
  /** Whether it may be sent again when the connection was lost. */
  readonly repeatable: boolean;
  /** The words of a command that changes the connection itself; see `Session`. */
  readonly tells: readonly string[] | undefined;
  /** Of a batch, which is several requests in one. */
  readonly batch: BatchReplies | undefined;
}

let lastResolve: (reply: unknown) => void;
let lastReject: (error: Error) => void;

/** One function for all promises: making one a call would cost as much as the promise. */
const take = (resolve: (reply: unknown) => void, reject: (error: Error) => void): void => {
  lastResolve = resolve;
  lastReject = reject;
};

const ANSWERED = Promise.resolve();
const nothing = (): void => {};

/**
 * A call from being made to having its reply.
 *
 * A class, not an object literal: the engine notices when what a literal makes lives for long, as
 * the calls of a burst do, and makes all that follow old from birth. Each would keep its reply
 * from being collected until the next full collection.
 */
export class Call {
  readonly kind: CommandKind;
  readonly repeatable: boolean;
  readonly tells: readonly string[] | undefined;
  readonly batch: BatchReplies | undefined;
  /** How long it may take, in milliseconds; 0 is for ever. */
  readonly limitMs: number;
  promise: Promise<unknown>;
  private resolve: (reply: unknown) => void;
  private reject: (error: Error) => void;
  /** The request is `[start, end)` of this run, where it stays until it has been answered. */
  run: RequestRun;
  start: number;
  end: number;
  /** Whether the request waits there to be sent. */
  waiting = true;
  /** When it is too late, in monotonic milliseconds; 0 is never, or that the time has not begun. */
  expiresAt = 0;
  /** Whether the request was ever handed to a socket: the server may have executed it. */
  sent = false;
  settled = false;
  /** Lets go of the signals. */
  release: (() => void) | undefined = undefined;

  /** @param start - where the request begins that has been written at the end of the run */
  constructor(traits: RequestTraits, run: RequestRun, start: number, limitMs: number) {
    this.kind = traits.kind;
    this.repeatable = traits.repeatable;
    this.tells = traits.tells;
    this.batch = traits.batch;
    this.limitMs = limitMs;
    this.promise = new Promise<unknown>(take);
    this.resolve = lastResolve;
    this.reject = lastReject;
    this.run = run;
    this.start = start;
    this.end = run.length;
  }

  /** The length of the request. */
  get bytes(): number {
    return this.end - this.start;
  }

  /** Begins its time, unless it has begun; returns when it will be too late, 0 for never. */
  begin(now: number): number {
    // A whole number takes no memory of its own.
    if (this.expiresAt === 0 && this.limitMs !== 0) this.expiresAt = Math.ceil(now) + this.limitMs;
    return this.expiresAt;
  }

  isExpired(now: number): boolean {
    return this.expiresAt !== 0 && this.expiresAt <= now;
  }

  /**
   * Whether the request goes out again after the connection was lost. What the
   * connection was told is told again even when nobody waits for the answer.
   */
  get goesAgain(): boolean {
    return this.repeatable && !(this.settled && this.tells === undefined);
  }

  /** Has its answer, or needs none any more: lets go of the signals. */
  settle(): void {
    this.settled = true;
    if (this.release === undefined) return;
    this.release();
    this.release = undefined;
  }

  /** Resolves with the reply. */
  answer(reply: unknown): void {
    this.settle();
    this.resolve(reply);
    this.forget();
  }

  /** Rejects with the reason why there is no reply. */
  fail(error: Error): void {
    this.settle();
    this.reject(error);
    this.forget();
  }

  /** Another of the same request, for whose answer nobody waits. */
  unheard(): Call {
    const call = new Call(this, this.run, this.start, 0);
    call.end = this.end;
    call.promise.catch(nothing);
    return call;
  }

  /**
   * A call that waited for long is old to the garbage collector, which looks at old objects
   * seldom: what it holds, and what hangs on that, would stay until then, and collecting would
   * take as long as all the rest.
   */
  private forget(): void {
    this.promise = ANSWERED;
    this.resolve = nothing;
    this.reject = nothing;
  }
}
