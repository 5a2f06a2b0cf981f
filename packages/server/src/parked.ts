import type { ReplyWriter } from '@kv/protocol';

/** Writes the reply that was held back. */
export type Reply = (out: ReplyWriter) => void;

/**
 * A reply that comes later. A handler returns one in place of writing; the
 * connection then holds back its later replies, and no other connection notices.
 *
 * `start` is called once, after the handler has returned: arguments must have been
 * copied out of the request by then. `cancel` is called if the client goes away.
 * A closing server waits for the reply, unless it is `abandonable`.
 */
export class Parked {
  readonly start: (resume: (reply: Reply) => void) => void;
  readonly cancel: (() => void) | undefined;
  readonly abandonable: boolean;
  /** Of a client that waits for something: answers as if the time were up. */
  expire: (() => void) | undefined;
  /** The work is done in slices. */
  isSliced = false;
  /**
   * Of work that is done in slices: called with the milliseconds that they took, all but the
   * first, when the last is done.
   */
  worked: ((ms: number) => void) | undefined;

  constructor(
    start: (resume: (reply: Reply) => void) => void,
    cancel?: () => void,
    abandonable = false,
  ) {
    this.start = start;
    this.cancel = cancel;
    this.abandonable = abandonable;
  }
}
