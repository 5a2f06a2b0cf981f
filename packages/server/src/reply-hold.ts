import { OUTPUT_BYTES_MAX } from './limits.ts';
import type { AppendOnlyLog } from './ports.ts';

/** What a hold needs of the log. */
export type HoldingLog = Pick<AppendOnlyLog, 'holds' | 'whenReleased' | 'whenDurable'>;

/** Who a hold belongs to. */
export interface ReplyHoldOwner {
  /** These may go to the client now. */
  send(bytes: Uint8Array): void;
  /** So much is held that nothing more is to be executed for this client. */
  full(): void;
  /** Nothing is held any more. */
  emptied(wasFull: boolean): void;
  /** What is held may never be sent: it tells of what may be lost. */
  lost(): void;
}

/** A reply that waits, until it and all before it have been released. */
interface HeldReply {
  readonly bytes: Uint8Array;
  isReleased: boolean;
}

/**
 * The replies of one client that wait for the disk: each until everything that had been executed when it was
 * written is on it. A read waits like a write, so that nobody sees what could still be lost; and what comes
 * behind a reply that waits, waits behind it.
 */
export class ReplyHold {
  /** Whether replies wait for the disk whatever the log's policy: their requests were durable ones. */
  durable = false;
  private readonly log: HoldingLog;
  private readonly owner: ReplyHoldOwner;
  private readonly held: HeldReply[] = [];
  private heldBytes = 0;
  private isFull = false;
  private isLost = false;
  private afterwards: (() => void) | undefined;

  constructor(log: HoldingLog, owner: ReplyHoldOwner) {
    this.log = log;
    this.owner = owner;
  }

  /** Takes a copy of a reply that has to wait. False: it may be sent at once. */
  keeps(bytes: Uint8Array): boolean {
    if (this.held.length === 0 && !this.durable && !this.log.holds) return false;
    // A part of a larger array, as a socket wants it: small ones cost a malloc each, and another for the socket.
    const copy = Buffer.allocUnsafe(bytes.length);
    copy.set(bytes);
    const reply = { bytes: copy, isReleased: false };
    this.held.push(reply);
    this.heldBytes += bytes.length;
    if (this.heldBytes > OUTPUT_BYTES_MAX && !this.isFull) {
      this.isFull = true;
      this.owner.full();
    }
    const released = (safe: boolean) => this.release(reply, safe);
    if (this.durable) this.log.whenDurable(released);
    else this.log.whenReleased(released);
    return true;
  }

  /** Whether something waits; then `end` is called behind it. */
  ends(end: () => void): boolean {
    if (this.held.length === 0) return false;
    this.afterwards = end;
    return true;
  }

  /** Each reply has asked for itself, and may be answered before one that is ahead of it: they are sent in order. */
  private release(reply: HeldReply, safe: boolean): void {
    if (this.isLost) return;
    if (!safe) {
      this.isLost = true;
      this.held.length = 0;
      this.owner.lost();
      return;
    }
    reply.isReleased = true;
    while (this.held[0]?.isReleased) {
      const { bytes } = this.held.shift() as HeldReply;
      this.heldBytes -= bytes.length;
      this.owner.send(bytes);
    }
    if (this.held.length > 0) return;
    const { isFull, afterwards } = this;
    this.isFull = false;
    this.afterwards = undefined;
    this.owner.emptied(isFull);
    afterwards?.();
  }
}
