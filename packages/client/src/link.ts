import type { Socket } from 'node:net';
import {
  ByteWriter,
  FrameKind,
  NATIVE_VERSION,
  ReplyReader,
  type ValueCodec,
  writeRequest,
} from '@kv/protocol';
import { KvError, ReplyError } from './errors.ts';
import { formatAddress, type ResolvedOptions } from './options.ts';

/** What a link tells its client. */
export interface LinkEvents {
  /** The next reply, in the order of the requests. */
  onReply(reply: unknown): void;
  /** The next reply is an error, or could not be decoded. */
  onError(error: Error): void;
  /** The link is gone; told once, and only after it was up. */
  onLost(reason: KvError): void;
}

/** What the server said in its answer to HELLO. */
export type ServerFacts = Readonly<Record<string, unknown>>;

/** Inside an array an error is an element like the others. */
const errorInArray = (code: string, message: string): ReplyError => new ReplyError(code, message);

/**
 * One connection, from opening the socket to losing it: the handshake, requests
 * out, replies in. It knows nothing of calls, queues or reconnecting.
 */
export class Link {
  private readonly options: ResolvedOptions;
  private readonly codec: ValueCodec;
  private readonly events: LinkEvents;
  private readonly socket: Socket;
  private readonly reader = new ReplyReader();
  private readonly opened = Promise.withResolvers<ServerFacts>();
  private facts: ServerFacts | undefined;
  /** Replies of the handshake that are still to come. */
  private handshakeReplies = 0;
  private up = false;
  private over = false;
  private readonly timer: unknown;

  constructor(
    options: ResolvedOptions,
    codec: ValueCodec,
    session: { readonly database: number; readonly name: string },
    events: LinkEvents,
  ) {
    this.options = options;
    this.codec = codec;
    this.events = events;
    const socket = options.openSocket(options.address);
    this.socket = socket;
    this.timer = options.timers.setTimeout(
      () =>
        this.fail(
          new KvError('CONNECT', `${this.where}: no answer within ${options.connectTimeoutMs} ms`),
        ),
      options.connectTimeoutMs,
    );
    socket.on('connect', () => this.greet(session));
    socket.on('data', (chunk) => this.received(chunk));
    socket.on('error', (error) =>
      this.fail(new KvError('CONNECT', `${this.where}: ${error.message}`, { cause: error })),
    );
    socket.on('close', () =>
      this.fail(new KvError('CONNECT', `${this.where}: the server closed the connection`)),
    );
  }

  /** Resolves when requests may be sent; rejects with `CONNECT` or `AUTH`. */
  get ready(): Promise<ServerFacts> {
    return this.opened.promise;
  }

  private get where(): string {
    return formatAddress(this.options.address);
  }

  /** Sends bytes. True: they may be overwritten. */
  send(bytes: Uint8Array): boolean {
    this.socket.write(bytes);
    return this.socket.writableLength === 0;
  }

  /** Closes without telling the client. */
  close(): void {
    this.over = true;
    this.options.timers.clearTimeout(this.timer);
    this.socket.destroySoon();
  }

  private greet({ database, name }: { readonly database: number; readonly name: string }): void {
    const { username, password } = this.options;
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

  private received(chunk: Uint8Array): void {
    const { reader } = this;
    try {
      reader.push(chunk);
      while (!this.over && reader.next()) this.frame(reader.kind);
    } catch (error) {
      this.fail(
        new KvError('PROTOCOL', `${this.where}: ${(error as Error).message}`, { cause: error }),
      );
    }
  }

  private frame(kind: number): void {
    const { bytes, bodyStart, bodyEnd } = this.reader;
    if (kind === FrameKind.PUSH) return;
    let reply: unknown;
    try {
      reply = this.codec.decodeReply(bytes, bodyStart, bodyEnd, undefined, errorInArray);
    } catch (error) {
      // The frame's end is known all the same: only this reply is spoiled.
      if (!this.up) throw error;
      return this.events.onError(error as Error);
    }
    if (kind === FrameKind.ERROR) {
      const [code, message] = reply as [string, string];
      const error = new ReplyError(code, message);
      if (this.up) this.events.onError(error);
      else this.refused(error);
    } else if (this.up) {
      this.events.onReply(reply);
    } else {
      this.greeted(reply as ServerFacts);
    }
  }

  private greeted(reply: ServerFacts): void {
    this.facts ??= reply;
    if (--this.handshakeReplies > 0) return;
    this.options.timers.clearTimeout(this.timer);
    this.up = true;
    this.opened.resolve(this.facts);
  }

  /** The handshake was answered with an error; names and passwords do not get better by trying again. */
  private refused(error: ReplyError): void {
    const authentication = ['WRONGPASS', 'NOAUTH', 'NOPERM'].includes(error.replyCode);
    const code = authentication
      ? 'AUTH'
      : this.facts === undefined
        ? 'CONNECT'
        : 'INVALID_ARGUMENT';
    this.fail(new KvError(code, `${this.where}: ${error.message}`, { cause: error }));
  }

  private fail(reason: KvError): void {
    if (this.over) return;
    this.over = true;
    this.options.timers.clearTimeout(this.timer);
    this.socket.destroy();
    if (this.up) this.events.onLost(reason);
    else this.opened.reject(reason);
  }
}
