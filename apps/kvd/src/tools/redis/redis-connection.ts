import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ConfigError } from '../../config/config-error.ts';
import { RedisError, type Reply, ReplyParser } from './reply-parser.ts';

/** Nothing was heard for so long although something was asked. */
const SILENCE_MS_MAX = 30_000;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** Where a Redis is, and who asks. */
export interface RedisTarget {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** The only database that is wanted; `undefined` is all. */
  readonly database: number | undefined;
}

/** @throws ConfigError `USAGE` */
export function parseRedisUrl(text: string): RedisTarget {
  const url = URL.parse(text);
  const database = /^\/?(\d*)$/.exec(url?.pathname ?? '-')?.[1];
  if (url === null || database === undefined || url.hostname === '')
    throw new ConfigError('USAGE', 'a Redis is redis://user:password@host:port/database');
  return {
    tls: url.protocol === 'rediss:',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    database: database === '' ? undefined : Number(database),
  };
}

/** A connection to a Redis: many commands at once, answered in their order. */
export class RedisConnection implements Disposable {
  private readonly socket: Socket;
  private readonly parser = new ReplyParser();
  private readonly waiting: Waiting[] = [];
  private next = 0;
  private ended: Error | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece: Buffer) => this.take(piece));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the server has closed the connection')));
    socket.setTimeout(SILENCE_MS_MAX, () => {
      if (this.waiting.length > this.next) socket.destroy(new Error('the server does not answer'));
    });
  }

  static async open({ tls, host, port, user, password }: RedisTarget): Promise<RedisConnection> {
    const socket = tls
      ? connectTls({ host, port, servername: host })
      : connectTcp({ host, port, noDelay: true });
    const connection = new RedisConnection(socket);
    await once(socket, tls ? 'secureConnect' : 'connect');
    if (password !== undefined)
      await connection.ask('AUTH', ...(user === undefined ? [] : [user]), password);
    return connection;
  }

  /** Sends a command; rejects with a `RedisError` where that is the answer. */
  async ask(...words: readonly (string | Uint8Array)[]): Promise<Reply> {
    const [reply] = await this.askAll([words]);
    if (reply instanceof RedisError) throw reply;
    return reply as Reply;
  }

  /** Sends many commands at once; errors are among the replies. */
  askAll(commands: readonly (readonly (string | Uint8Array)[])[]): Promise<Reply[]> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const replies = commands.map(
      () =>
        new Promise<Reply>((resolve, reject) => {
          this.waiting.push({ resolve, reject });
        }),
    );
    this.socket.write(encode(commands));
    return Promise.all(replies);
  }

  private take(piece: Buffer): void {
    try {
      this.parser.push(piece);
      for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next())
        this.waiting[this.next++]?.resolve(reply);
    } catch (error) {
      this.socket.destroy(error as Error);
    }
    if (this.next === this.waiting.length) {
      this.waiting.length = 0;
      this.next = 0;
    }
  }

  private fail(error: Error): void {
    this.ended ??= error;
    for (const { reject } of this.waiting.splice(0).slice(this.next)) reject(this.ended);
    this.next = 0;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

function encode(commands: readonly (readonly (string | Uint8Array)[])[]): Buffer {
  const parts: Buffer[] = [];
  for (const words of commands) {
    parts.push(Buffer.from(`*${words.length}\r\n`));
    for (const word of words) {
      const bytes = typeof word === 'string' ? Buffer.from(word) : word;
      parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes as Buffer, Buffer.from('\r\n'));
    }
  }
  return Buffer.concat(parts);
}
