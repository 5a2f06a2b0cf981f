import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers';
import type { TLSSocket } from 'node:tls';
import {
  ByteWriter,
  FrameKind,
  NATIVE_VERSION,
  ProtocolError,
  ReplyReader,
  type ValueCodec,
  writeRequest,
} from '@kv/protocol';
import { BusyPoll } from './busy-poll.ts';
import { KvError, ReplyError } from './errors.ts';
import { formatAddress, type ResolvedOptions } from './options.ts';
import type { Session } from './session.ts';

/** What a link tells its client. */
export interface LinkEvents {
  /** The handshake is done: requests may be sent. */
  onUp(): void;
  /** The next reply, in the order of the requests. False: none was due. */
  onReply(reply: unknown): boolean;
  /** The next reply is an error, or could not be decoded. False: none was due. */
  onError(error: Error): boolean;
  /** News that no request asked for. */
  onPush(push: unknown): void;
  /** The same, that could not be decoded. */
  onPushError(error: Error): void;
  /** The link is gone, or could not be made; told once. */
  onDown(reason: KvError): void;
}

/** Inside an array an error is an element like the others. */
const errorInArray = (code: string, message: string): ReplyError => new ReplyError(code, message);

/** Refusals of a handshake that concern who one is; they do not get better by trying again. */
const SIGN_IN_CODES = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM']);

/** Why a socket failed. OpenSSL's own messages are for those who write it. */
function reasonOf(error: NodeJS.ErrnoException & { readonly reason?: string }): string {
  const { code = '', message, reason } = error;
  return (code.startsWith('ERR_SSL') && reason) || message || code || 'the connection failed';
}

/**
 * One connection, from opening the socket to losing it: the handshake, requests
 * out, replies in. It knows nothing of calls, queues or reconnecting.
 */
export class Link {
  /** Since when nothing was heard of the server; the owner sets it when it first asks. */
  quietSince = 0;
  private readonly options: ResolvedOptions;
  private readonly codec: ValueCodec;
  private readonly events: LinkEvents;
  private readonly socket: Duplex;
  /** Of sockets only: how other streams wait is their own business. */
  private readonly busyPoll: BusyPoll | undefined;
  private readonly reader = new ReplyReader();
  /** Replies of the handshake that are still to come. */
  private handshakeReplies = 0;
  private greeted = false;
  private up = false;
  private over = false;
  /** An error that answers no request: the server says why it is about to close. */
  private farewell: ReplyError | undefined;
  private readonly timer: unknown;

  /** Throws what `openSocket` throws. */
  constructor(options: ResolvedOptions, codec: ValueCodec, session: Session, events: LinkEvents) {
    this.options = options;
    this.codec = codec;
    this.events = events;
    const { address, connectTimeoutMs, timers } = options;
    this.socket = options.openSocket(address, (bytes, length) =>
      this.received(bytes, length, true),
    );
    const polls = options.busyPoll && this.socket instanceof Socket;
    this.busyPoll = polls ? new BusyPoll(setImmediate) : undefined;
    this.timer = timers.setTimeout(() => {
      const what = this.handshakeReplies === 0 ? 'no connection' : 'no greeting of a kvd server';
      this.lose(`${what} within ${connectTimeoutMs} ms`);
    }, connectTimeoutMs);
    this.listen(session);
  }

  private listen(session: Session): void {
    const { socket } = this;
    const { connecting, pending, encrypted } = socket as Partial<TLSSocket>;
    const { secureConnecting = encrypted } = socket as { readonly secureConnecting?: boolean };
    // With TLS not before it is known who is there: the greeting holds a password.
    if (secureConnecting) socket.on('secureConnect', () => this.greet(session));
    else if (connecting || pending) socket.on('connect', () => this.greet(session));
    else queueMicrotask(() => this.greet(session));
    // Streams that are no sockets, and hosts that know no `onread`, deliver here.
    socket.on('data', (chunk: Uint8Array) => this.received(chunk, chunk.length, false));
    // This listener stays after the end: an error that nobody hears would end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => this.lose(reasonOf(error), error));
    socket.on('end', () => this.lose('the server closed the connection', this.farewell));
    socket.on('close', () => this.lose('the connection was closed', this.farewell));
  }

  /** Whether what is sent has a chance to arrive. */
  get isOpen(): boolean {
    return this.up && !this.over && this.socket.writable;
  }

  /** Sends bytes. True: they may be overwritten. */
  send(bytes: Uint8Array): boolean {
    const { socket } = this;
    socket.write(bytes);
    this.busyPoll?.sent();
    // The kernel has them all. Other streams than sockets may pass the very array on.
    return socket.writableLength === 0 && socket instanceof Socket;
  }

  /** Closes without telling the owner. */
  close(): void {
    this.over = true;
    this.busyPoll?.stop();
    this.options.timers.clearTimeout(this.timer);
    this.socket.destroy();
  }

  /** Gives the connection up for a reason. */
  lose(reason: string, cause?: unknown): void {
    this.fail(new KvError('CONNECT', `${this.where}: ${reason}`, { cause }));
  }

  private get where(): string {
    return formatAddress(this.options.address);
  }

  private greet({ username, password, name, database }: Session): void {
    if (this.over) return;
    const hello: unknown[] = [NATIVE_VERSION];
    if (password !== undefined) hello.push('AUTH', username, password);
    if (name !== '') hello.push('SETNAME', name);
    const writer = new ByteWriter();
    writeRequest(writer, this.codec, 'HELLO', hello);
    this.handshakeReplies = 1;
    if (database !== 0) {
      writeRequest(writer, this.codec, 'SELECT', [database]);
      this.handshakeReplies = 2;
    }
    this.socket.write(writer.copy());
  }

  /** @param shared - the chunk's memory is read into again as soon as this returns */
  private received(chunk: Uint8Array, length: number, shared: boolean): void {
    if (this.over) return;
    const { reader } = this;
    this.busyPoll?.received();
    this.quietSince = this.options.timers.now();
    try {
      // The answer to HELLO is far below 16 MiB, so its length begins with a zero.
      if (!this.greeted && reader.bytes.length === 0 && chunk[0] !== 0)
        throw new ProtocolError('what answers here is not a kvd server');
      reader.push(chunk, length);
      this.readFrames();
      if (shared) reader.keep();
    } catch (error) {
      this.fail(
        new KvError('PROTOCOL', `${this.where}: ${(error as Error).message}`, { cause: error }),
      );
    }
  }

  private readFrames(): void {
    const { reader } = this;
    while (!this.over && reader.next()) this.frame(reader.kind);
  }

  private frame(kind: number): void {
    if (kind === FrameKind.PUSH) {
      this.push();
      return;
    }
    if (kind !== FrameKind.REPLY && kind !== FrameKind.ERROR)
      throw new ProtocolError(`the server sent a frame of kind ${kind}`);
    const { bytes, bodyStart, bodyEnd } = this.reader;
    let reply: unknown;
    try {
      reply = this.codec.decodeReply(bytes, bodyStart, bodyEnd, undefined, errorInArray);
    } catch (error) {
      // The frame's end is known all the same: only this reply is spoiled.
      if (!this.up) throw error;
      this.events.onError(error as Error);
      return;
    }
    if (kind === FrameKind.ERROR) this.refused(reply);
    else if (!this.up) this.handshake();
    else if (!this.events.onReply(reply))
      throw new ProtocolError('the server sent a reply to no request');
  }

  private push(): void {
    const { bytes, bodyStart, bodyEnd } = this.reader;
    let push: unknown;
    try {
      push = this.codec.decodeReply(bytes, bodyStart, bodyEnd);
    } catch (error) {
      this.events.onPushError(error as Error);
      return;
    }
    this.events.onPush(push);
  }

  private handshake(): void {
    this.greeted = true;
    if (--this.handshakeReplies > 0) return;
    this.options.timers.clearTimeout(this.timer);
    this.up = true;
    this.events.onUp();
  }

  private refused(reply: unknown): void {
    if (!Array.isArray(reply)) throw new ProtocolError('an error frame without code and message');
    const error = new ReplyError(String(reply[0]), String(reply[1]));
    if (!this.up) this.refuseHandshake(error);
    else if (!this.events.onError(error)) this.farewell = error;
  }

  private refuseHandshake(error: ReplyError): void {
    // Behind HELLO there is only SELECT: the number of the database is not one.
    const other = this.greeted ? 'INVALID_ARGUMENT' : 'CONNECT';
    const code = SIGN_IN_CODES.has(error.replyCode) ? 'AUTH' : other;
    this.fail(new KvError(code, `${this.where}: ${error.message}`, { cause: error }));
  }

  private fail(reason: KvError): void {
    if (this.over) return;
    this.close();
    this.events.onDown(reason);
  }
}
