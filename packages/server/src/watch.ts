import {
  HANDSHAKE_MS_MAX,
  INPUT_BYTES_MIN,
  INPUT_STALL_MS_MAX,
  LINGER_MS_MAX,
  OUTPUT_STALL_MS_MAX,
} from './limits.ts';

/** What is looked at of a connection to judge whether it still moves. */
export interface Progress {
  /** HELLO has been answered, and the client is signed in. */
  readonly trusted: boolean;
  /** All is said: the socket is closed on our side. */
  readonly finished: boolean;
  /** A reply is parked. */
  readonly parked: boolean;
  /** The beginning of a request has arrived, and the server waits for the rest. */
  readonly partial: boolean;
  readonly receivedBytes: number;
  /** Bytes of replies that the client has been slow to take. */
  readonly waitingBytes: number;
  /** Grows or shrinks whenever the client takes something. */
  readonly takenMark: number;
}

/**
 * The limits in time of one connection. It is asked now and then; times are
 * milliseconds of whoever asks, from a clock that never goes back.
 */
export class Watch {
  private readonly openedMs: number;
  private receivedBytes = 0;
  private receivedMs: number;
  private takenMark = 0;
  private takenMs: number | undefined;
  private partialBytes = 0;
  private partialMs: number | undefined;
  private finishedMs: number | undefined;

  constructor(nowMs: number) {
    this.openedMs = nowMs;
    this.receivedMs = nowMs;
  }

  /** Why the client is to be cut off now, or `undefined`; an `idleMsMax` of 0 is never. */
  overdue(seen: Progress, nowMs: number, idleMsMax: number): string | undefined {
    if (seen.receivedBytes !== this.receivedBytes) {
      this.receivedBytes = seen.receivedBytes;
      this.receivedMs = nowMs;
    }
    if (this.outputStalled(seen, nowMs)) return `replies not read for ${OUTPUT_STALL_MS_MAX} ms`;
    if (seen.finished) return this.lingers(seen, nowMs);
    if (!seen.trusted && nowMs - this.openedMs > HANDSHAKE_MS_MAX)
      return `no handshake within ${HANDSHAKE_MS_MAX} ms`;
    if (this.inputStalled(seen, nowMs))
      return `less than ${INPUT_BYTES_MIN} bytes of a request in ${INPUT_STALL_MS_MAX} ms`;
    const waits = seen.parked || seen.waitingBytes > 0;
    if (waits) this.receivedMs = nowMs;
    else if (idleMsMax > 0 && nowMs - this.receivedMs > idleMsMax)
      return `idle for ${idleMsMax} ms`;
    return undefined;
  }

  /** Whether replies wait and none of them was taken for too long. */
  private outputStalled({ waitingBytes, takenMark }: Progress, nowMs: number): boolean {
    if (waitingBytes === 0) {
      this.takenMs = undefined;
      return false;
    }
    if (this.takenMs === undefined || this.takenMark !== takenMark) {
      this.takenMs = nowMs;
      this.takenMark = takenMark;
      return false;
    }
    return nowMs - this.takenMs >= OUTPUT_STALL_MS_MAX;
  }

  /** Whether a request has been arriving, and hardly anything of it did for too long. */
  private inputStalled({ partial, receivedBytes }: Progress, nowMs: number): boolean {
    if (!partial) {
      this.partialMs = undefined;
      return false;
    }
    const enough = receivedBytes - this.partialBytes >= INPUT_BYTES_MIN;
    if (this.partialMs === undefined || enough) {
      this.partialMs = nowMs;
      this.partialBytes = receivedBytes;
      return false;
    }
    return nowMs - this.partialMs >= INPUT_STALL_MS_MAX;
  }

  /** A client that has been told everything has to close its side, too. */
  private lingers({ waitingBytes }: Progress, nowMs: number): string | undefined {
    if (waitingBytes > 0) return undefined;
    this.finishedMs ??= nowMs;
    return nowMs - this.finishedMs >= LINGER_MS_MAX
      ? `not closed within ${LINGER_MS_MAX} ms`
      : undefined;
  }
}
