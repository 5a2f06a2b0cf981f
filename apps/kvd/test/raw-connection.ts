import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ByteWriter, FrameKind, ReplyReader, ValueCodec, writeRequest } from '@kv/protocol';

const codec = new ValueCodec();

/** A reply as it came: its kind, and its body decoded. */
export interface RawReply {
  readonly kind: number;
  readonly body: unknown;
}

/** The frames of requests, as a client sends them. */
export function requestBytes(
  ...requests: readonly (readonly [string, ...unknown[]])[]
): Uint8Array {
  const writer = new ByteWriter();
  for (const [name, ...args] of requests) writeRequest(writer, codec, name, args);
  return Uint8Array.from(writer.bytes.subarray(0, writer.position));
}

export const HELLO = requestBytes(['HELLO', 1]);

/** A socket without a client behind it, for bytes that no client sends. */
export class RawConnection {
  readonly socket: Socket;
  /** Everything that arrived. */
  readonly received: Buffer[] = [];
  private readonly reader = new ReplyReader();
  private readonly replies: RawReply[] = [];
  private waiting: (() => void) | undefined;
  ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.received.push(chunk);
      this.waiting?.();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
      this.waiting?.();
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  /** Opens a connection and says HELLO. */
  static async greeted(port: number): Promise<RawConnection> {
    const connection = await RawConnection.open(port);
    connection.send(HELLO);
    await connection.next();
    return connection;
  }

  send(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  private parse(): void {
    for (const chunk of this.received.splice(0)) {
      this.reader.push(chunk);
      while (this.reader.next()) {
        const { kind, bytes, bodyStart, bodyEnd } = this.reader;
        const onError = (code: string, message: string) => new Error(`${code} ${message}`);
        const body = codec.decodeReply(bytes, bodyStart, bodyEnd, undefined, onError);
        this.replies.push({ kind, body });
      }
    }
  }

  /** The next reply; rejects if the server closes instead. */
  async next(): Promise<RawReply> {
    for (;;) {
      this.parse();
      const reply = this.replies.shift();
      if (reply !== undefined) return reply;
      if (this.ended) throw new Error('the server closed the connection');
      await this.change();
    }
  }

  /** The code of the next reply, which must be an error. */
  async nextError(): Promise<string> {
    const { kind, body } = await this.next();
    if (kind !== FrameKind.ERROR) throw new Error(`not an error: ${JSON.stringify(body)}`);
    return (body as string[])[0] as string;
  }

  /** Waits until the server has closed; what arrived before, as bytes. */
  async closed(): Promise<Buffer> {
    while (!this.ended) await this.change();
    return Buffer.concat(this.received);
  }

  private async change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.waiting = resolve;
    });
    this.waiting = undefined;
  }

  close(): void {
    this.socket.destroy();
  }
}
