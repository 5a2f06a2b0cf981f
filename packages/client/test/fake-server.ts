import {
  type AddressInfo,
  createServer,
  connect as netConnect,
  type Server,
  type Socket,
} from 'node:net';
import {
  commandNamed,
  Encoding,
  type ErrorReply,
  FrameKind,
  NativeReplyWriter,
  ValueCodec,
} from '@kv/protocol';

/** Writes one reply. */
export type Reply = (out: NativeReplyWriter) => void;

/** A request as the server got it. */
export interface Request {
  readonly name: string;
  readonly args: readonly unknown[];
  /** To be answered when it is on disk. */
  readonly durable?: true;
}

/** What a script does with a request: a reply, or `undefined` to be silent. */
export type Script = (request: Request, connection: FakeConnection) => Reply | undefined;

const codec = new ValueCodec();

export const ok: Reply = (out) => out.status('OK');
export const integer =
  (value: number | bigint): Reply =>
  (out) =>
    out.integer(value);
export const text =
  (value: string): Reply =>
  (out) =>
    out.text(value);
export const absent: Reply = (out) => out.absent();
export const failure =
  (code: ErrorReply['code'], message = 'no'): Reply =>
  (out) =>
    out.error({ code, message });
export const list =
  (...elements: readonly Reply[]): Reply =>
  (out) => {
    out.array(elements.length);
    for (const element of elements) element(out);
  };
/** The bytes of a key. */
export const key =
  (bytes: string | Uint8Array): Reply =>
  (out) =>
    out.bytes(Buffer.from(bytes as string));
/** A stored value: strings as text, all else as a VALUE. */
export const value = (stored: unknown): Reply => {
  const isText = typeof stored === 'string';
  const bytes = isText ? Buffer.from(stored) : codec.encode(stored);
  return storedBytes(bytes, isText ? Encoding.TEXT : Encoding.VALUE);
};
/** Bytes that claim to be a stored value. */
export const storedBytes =
  (bytes: Uint8Array, encoding: number = Encoding.VALUE): Reply =>
  (out) =>
    out.value(
      {
        valueLength: () => bytes.length,
        encodingOf: () => encoding,
        copyValue: (_ref, target, _view, offset) => target.set(bytes, offset),
        stableValue: () => undefined,
        plainLength: () => -1,
      },
      1,
    );

/** The frames of replies. */
export function frames(...replies: readonly Reply[]): Buffer {
  let all = Buffer.alloc(0);
  const out = new NativeReplyWriter({
    send(bytes, length) {
      all = Buffer.concat([all, bytes.subarray(0, length)]);
      return true;
    },
  });
  for (const reply of replies) {
    out.begin();
    reply(out);
    out.end();
  }
  out.flush();
  return all;
}

/** A push frame, which answers nothing. */
export function push(message: Reply): Buffer {
  const frame = frames(message);
  frame[4] = 4;
  return frame;
}

/** Splits what arrives into requests. */
export class RequestParser {
  private rest = Buffer.alloc(0);

  push(chunk: Uint8Array): Request[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const requests: Request[] = [];
    while (this.rest.length >= 4) {
      const end = 4 + this.rest.readUInt32BE(0);
      if (this.rest.length < end) break;
      const [name, ...args] = codec.decodeReply(this.rest, 5, end, null) as [string, ...unknown[]];
      const isDurable = this.rest[4] === FrameKind.DURABLE_REQUEST;
      requests.push({ ...named(name, args), ...(isDurable && { durable: true }) });
      this.rest = this.rest.subarray(end);
    }
    return requests;
  }
}

function named(name: string, args: unknown[]): Request {
  const whole = `${name} ${String(args[0])}`;
  return commandNamed(whole) === undefined ? { name, args } : { name: whole, args: args.slice(1) };
}

/** One connection of the fake server. */
export class FakeConnection {
  /** All requests but the handshake's. */
  readonly requests: Request[] = [];
  /** HELLO, and the SELECT behind it. */
  readonly handshake: Request[] = [];
  readonly socket: Socket;
  /** Whether the first chunk is being read: the handshake is one write. */
  greeting = true;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** `GET a`, `SET b 1`, ... */
  get lines(): string[] {
    return this.requests.map(({ name, args }) => [name, ...args].join(' '));
  }

  send(...replies: readonly Reply[]): void {
    this.socket.write(frames(...replies));
  }

  /** Loses the connection. */
  drop(): void {
    this.socket.destroy();
  }
}

const greeting: Reply = (out) => {
  out.map(1);
  out.text('server');
  out.text('kvd');
};

/** A server on a real socket that does what a script says; without one it only greets. */
export class FakeServer {
  readonly connections: FakeConnection[] = [];
  script: Script;
  /** Answers HELLO; `undefined` is silence. */
  hello: Script = () => greeting;
  port = 0;
  private readonly server: Server;
  private readonly waiting: (() => void)[] = [];

  private constructor(script: Script) {
    this.script = script;
    this.server = createServer((socket) => this.accept(socket));
  }

  static async listen(script: Script = () => undefined, path?: string): Promise<FakeServer> {
    const fake = new FakeServer(script);
    await fake.open(path);
    return fake;
  }

  /** Listens, on the port that it had before. */
  open(path?: string): Promise<void> {
    return new Promise((resolve) => {
      const listening = () => {
        if (path === undefined) this.port = (this.server.address() as AddressInfo).port;
        resolve();
      };
      if (path === undefined) this.server.listen(this.port, '127.0.0.1', listening);
      else this.server.listen(path, listening);
    });
  }

  get url(): string {
    return `kv://127.0.0.1:${this.port}`;
  }

  /** The connection that was made last. */
  get last(): FakeConnection {
    return this.connections.at(-1) as FakeConnection;
  }

  /** Waits until something is true; looks whenever something has arrived. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Waits until so many requests have arrived at the last connection. */
  async received(count: number, connection = () => this.last): Promise<FakeConnection> {
    await this.until(() => (connection()?.requests.length ?? 0) >= count);
    return connection();
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.drop();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private accept(socket: Socket): void {
    const connection = new FakeConnection(socket);
    this.connections.push(connection);
    const parser = new RequestParser();
    socket.on('error', () => {});
    socket.on('close', () => this.wake());
    socket.on('data', (chunk) => {
      const replies: Buffer[] = [];
      for (const request of parser.push(chunk)) {
        const reply = this.answer(request, connection);
        if (reply !== undefined) replies.push(frames(reply));
      }
      connection.greeting = false;
      if (replies.length > 0 && !socket.destroyed) socket.write(Buffer.concat(replies));
      this.wake();
    });
    this.wake();
  }

  private answer(request: Request, connection: FakeConnection): Reply | undefined {
    const { handshake, requests } = connection;
    if (connection.greeting && (request.name === 'HELLO' || request.name === 'SELECT')) {
      handshake.push(request);
      const answer = request.name === 'HELLO' ? this.hello : this.select;
      return answer(request, connection);
    }
    requests.push(request);
    return this.script(request, connection);
  }

  /** Answers the handshake's SELECT. */
  select: Script = () => ok;

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** Opens sockets and counts what is written to them, the handshake first. */
export class SocketSpy {
  readonly writes: Buffer[] = [];
  readonly sockets: Socket[] = [];

  readonly open = (address: { host: string; port: number } | { path: string }): Socket => {
    const socket = netConnect({ ...address, noDelay: true });
    const write = socket.write.bind(socket) as (bytes: Uint8Array) => boolean;
    socket.write = ((bytes: Uint8Array) => {
      this.writes.push(Buffer.from(bytes));
      return write(bytes);
    }) as Socket['write'];
    this.sockets.push(socket);
    return socket;
  };

  /** The requests of one write. */
  requests(index: number): string[] {
    return new RequestParser()
      .push(this.writes[index] as Buffer)
      .map(({ name, args }) => [name, ...args].join(' '));
  }
}
