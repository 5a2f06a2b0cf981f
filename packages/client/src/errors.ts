/**
 * Why a call failed. The contract is the code; messages are for people.
 *
 * | code | when |
 * |---|---|
 * | `CONNECT` | no connection could be made, or it was lost for good |
 * | `AUTH` | the server refused the name or password, or wants one |
 * | `TIMEOUT` | no reply in time; `sent` says whether the request may have been executed |
 * | `ABORTED` | the call's signal was aborted; `cause` is its reason |
 * | `CLOSED` | the client was closed |
 * | `QUEUE_FULL` | too many calls, or too many bytes, wait for a reply already |
 * | `UNCERTAIN` | the connection was lost after a write was sent: it may have been executed or not |
 * | `REPLY` | the server answered with an error: a {@link ReplyError} |
 * | `PROTOCOL` | the server's bytes make no sense |
 * | `CONFLICT` | somebody else changed what a write depended on; nothing was written |
 * | `INVALID_ARGUMENT` | an option or argument that can't be used |
 * | `UNSUPPORTED` | a command that has no meaning in a scoped view |
 */
export type KvErrorCode =
  | 'CONNECT'
  | 'AUTH'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'CLOSED'
  | 'QUEUE_FULL'
  | 'UNCERTAIN'
  | 'REPLY'
  | 'PROTOCOL'
  | 'CONFLICT'
  | 'INVALID_ARGUMENT'
  | 'UNSUPPORTED';

/**
 * What a failed call rejects with. Beside it there is `ValueError`, for a value
 * that has no bytes, or bytes that are no value.
 *
 * @example
 * ```ts
 * try {
 *   await client.incr('visits', { timeoutMs: 100 });
 * } catch (error) {
 *   if (!(error instanceof KvError)) throw error;
 *   if (error.code === 'TIMEOUT' && !error.sent) console.log('not counted');
 * }
 * ```
 */
export class KvError extends Error {
  override readonly name: string = 'KvError';
  readonly code: KvErrorCode;
  /** Whether the request had been handed to the network: if so, the server may have executed it. */
  readonly sent: boolean;

  constructor(
    code: KvErrorCode,
    message: string,
    { cause, sent = false }: { readonly cause?: unknown; readonly sent?: boolean } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.sent = sent;
  }
}

/**
 * The server refused a request; the connection goes on. Inside an array of replies
 * it is an element like the others.
 *
 * @example
 * ```ts
 * const reason = await client.incr('name').catch((error: unknown) => error);
 * if (reason instanceof ReplyError) console.log(reason.replyCode); // ERR
 * ```
 */
export class ReplyError extends KvError {
  override readonly name: string = 'ReplyError';
  /** The code that the server gave: `ERR`, `WRONGTYPE`, `OOM`, ... */
  readonly replyCode: string;

  constructor(replyCode: string, message: string) {
    super('REPLY', `${replyCode} ${message}`, { sent: true });
    this.replyCode = replyCode;
  }
}

/**
 * Commands of a batch failed when they were executed; the others were executed all the
 * same. It has the code and message of the first.
 *
 * @example
 * ```ts
 * const failed = await client.batch((b) => [b.incr('name'), b.get('k')]).catch((e) => e);
 * if (failed instanceof BatchError) console.log(failed.replies); // [ReplyError, 'v']
 * ```
 */
export class BatchError extends ReplyError {
  override readonly name: string = 'BatchError';
  /** What each command of the batch came to, in the order in which they were called. */
  readonly replies: readonly unknown[];

  constructor(first: ReplyError, replies: readonly unknown[]) {
    super(first.replyCode, first.message.slice(first.replyCode.length + 1));
    this.replies = replies;
  }
}

/** An option or argument that can't be used: its name, its value, and what is allowed. */
export function invalid(what: string, value: unknown, allowed: string): KvError {
  return new KvError('INVALID_ARGUMENT', `${what} must be ${allowed}, not ${shown(value)}`);
}

/** A value for people: a string looks like one, and of what is large there is only the kind. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}
