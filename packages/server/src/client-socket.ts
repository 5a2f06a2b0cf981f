import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Sink } from '@kv/protocol';
import { FULL_READS_MAX, OUTPUT_BYTES_MAX } from './limits.ts';
import type { Network } from './network.ts';
import type { ReadTarget } from './own-socket.ts';
import type { Timers } from './ports.ts';
import { type HoldingLog, ReplyHold } from './reply-hold.ts';
import { READ_BYTES, type SharedInput } from './shared-input.ts';
import type { Statistics } from './statistics.ts';
import type { WriteViews } from './write-views.ts';

/** What the sockets of a server share. */
export interface Wire {
  /** Undefined: sockets are read as plain streams, each read in an array of its own. */
  readonly input: SharedInput | undefined;
  readonly network: Pick<Network, 'readInto'>;
  readonly views: WriteViews;
  readonly appendLog: HoldingLog;
  readonly timers: Timers;
  readonly statistics: Pick<Statistics, 'outputBytes'>;
  /** Who has read last, and how many full reads in a row. */
  lastReader: ClientSocket | undefined;
  fullReads: number;
}

/** Who a socket belongs to. */
export interface SocketOwner extends ReadTarget {
  /** A chunk of its own has arrived; nobody will write to it. */
  received(chunk: Uint8Array): void;
  /** The client has sent all it will. */
  ended(): void;
  failed(error: Error): void;
  closed(): void;
  /** All replies that waited have been taken. */
  drained(): void;
}

const NOTHING = new Uint8Array(0);

/** A client's socket: reading as its owner allows, and writing without holding more than it may. */
export class ClientSocket implements Sink {
  readonly socket: Socket;
  /** Replies wait for the client, or it lets others go first: nothing is to be executed for it. */
  blocked = false;
  /** What the socket held after the last write; less by now, perhaps. */
  queuedBytes = 0;
  /** What has been sent in this turn. */
  private turnBytes = 0;
  private readonly wire: Wire;
  /** With TLS a write is never done at once, but soon. */
  private readonly secure: boolean;
  private readonly hold: ReplyHold;
  private readonly owner: SocketOwner;
  private reading = true;
  /** The owner wants to read; it may be others' turn nevertheless. */
  private wanted = true;
  private resting = false;

  constructor(accepted: Socket, wire: Wire, owner: SocketOwner) {
    this.wire = wire;
    this.owner = owner;
    this.secure = accepted instanceof TLSSocket;
    const plain = wire.input === undefined || this.secure;
    const own = plain ? undefined : wire.network.readInto(accepted, owner);
    this.socket = own ?? accepted;
    const { socket } = this;
    this.hold = new ReplyHold(wire.appendLog, {
      send: (bytes) => socket.write(bytes),
      full: () => {
        this.blocked = true;
      },
      // What waits is in the socket now: the client has to take it first.
      emptied: (wasFull) => {
        if (!wasFull) return;
        this.blocked = false;
        this.block();
      },
      lost: () => socket.destroy(),
    });
    // A socket of our own reads elsewhere and emits no data.
    socket.on('data', (chunk) => owner.received(chunk));
    socket.on('end', () => owner.ended());
    socket.on('error', (error) => owner.failed(error));
    socket.on('close', () => owner.closed());
    socket.resume();
  }

  get destroyed(): boolean {
    return this.socket.destroyed;
  }

  /** Our side is closed. */
  get finished(): boolean {
    return this.socket.writableEnded;
  }

  /** Bytes of replies that the client has been slow to take. */
  get waitingBytes(): number {
    return this.socket.writableLength;
  }

  /** Grows or shrinks whenever the client takes something. */
  get takenMark(): number {
    const { bytesWritten, writableLength } = this.socket;
    // How much of a write that is under way the kernel has not taken; undocumented, so perhaps not there.
    const handle = (this.socket as { _handle?: { writeQueueSize?: number } })._handle;
    return bytesWritten - writableLength - (handle?.writeQueueSize ?? 0);
  }

  /** Whether what is sent now waits until it is on disk, whatever the log's policy. */
  set durable(durable: boolean) {
    this.hold.durable = durable;
  }

  /** {@link Sink}: the kernel has everything, or the socket keeps the array. */
  send(bytes: Uint8Array, length: number): boolean {
    const { socket, wire } = this;
    wire.statistics.outputBytes += length;
    if (socket.destroyed || socket.writableEnded) return true;
    const reply = wire.views.get(bytes, length);
    if (this.hold.keeps(reply)) return true;
    // Otherwise each reply would cost the whole buffer that it was written to.
    const copied = this.secure && length <= READ_BYTES;
    socket.write(copied ? new Uint8Array(reply) : reply);
    this.queuedBytes = socket.writableLength;
    this.turnBytes += length;
    if (this.queuedBytes > OUTPUT_BYTES_MAX) this.block();
    else if (this.turnBytes > OUTPUT_BYTES_MAX) this.letOthersGoFirst();
    return copied || this.queuedBytes === 0;
  }

  /** To be called when a turn is over: what has not been taken by then has to wait for the client. */
  settle(): void {
    this.turnBytes = 0;
    if (this.queuedBytes === 0) return;
    this.queuedBytes = this.socket.writableLength;
    const mayWait = this.secure ? READ_BYTES : 0;
    if (this.queuedBytes > mayWait && !this.finished) this.block();
  }

  /** Nothing more is to be executed until the client has taken what waits for it. */
  private block(): void {
    if (this.blocked) return;
    this.blocked = true;
    // The callback of an empty write runs when all before it is out; 'drain' may not fire.
    this.socket.write(NOTHING, () => {
      this.blocked = false;
      this.queuedBytes = this.socket.writableLength;
      this.owner.drained();
    });
  }

  /** A client that takes whatever is sent to it would have the server for itself. */
  private letOthersGoFirst(): void {
    if (this.blocked) return;
    this.blocked = true;
    const { timers } = this.wire;
    const goOn = () => {
      this.blocked = false;
      this.queuedBytes = this.socket.writableLength;
      if (this.queuedBytes > 0 && !this.destroyed) this.block();
      else this.owner.drained();
    };
    // The first comes before the event loop looks for what others have sent, the second behind that.
    timers.setImmediate(() => timers.setImmediate(goOn));
  }

  /** Whether the owner wants to read more. */
  read(wanted: boolean): void {
    this.wanted = wanted;
    const reading = wanted && !this.resting;
    if (reading === this.reading) return;
    this.reading = reading;
    if (reading) this.socket.resume();
    else this.socket.pause();
  }

  /** A client that fills one read after another lets others go first now and then. */
  rest(count: number): void {
    const { wire } = this;
    if (wire.lastReader !== this || count < READ_BYTES) {
      wire.lastReader = this;
      wire.fullReads = 0;
      return;
    }
    if (++wire.fullReads < FULL_READS_MAX) return;
    wire.fullReads = 0;
    this.resting = true;
    this.read(this.wanted);
    wire.timers.setImmediate(() => {
      this.resting = false;
      this.read(this.wanted);
    });
  }

  /** Says the last words and closes our side. */
  end(lastWords?: Uint8Array): void {
    if (this.hold.ends(() => this.end(lastWords))) return;
    if (lastWords === undefined) this.socket.end();
    else this.socket.end(lastWords);
  }

  /** Cuts the client off. */
  destroy(): void {
    this.socket.destroy();
  }
}
