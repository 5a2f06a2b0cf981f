import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { replyEnd } from './reply.ts';
import type { Words } from './script.ts';

/** A reply that takes so long never comes. */
const SILENCE_MS_MAX = 10_000;
const NO_BYTES = Buffer.alloc(0);

/** Sends commands in pipelines and gives the raw replies: no client, nothing decoded. */
export class ServerConnection {
  private readonly socket: Socket;
  private pending: Buffer = NO_BYTES;
  private ended = false;
  private arrived: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
      this.arrived?.();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
      this.arrived?.();
    });
  }

  static async open(port: number): Promise<ServerConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new ServerConnection(socket);
  }

  /** Sends commands at once; resolves with a reply for each, or with fewer if the server hung up. */
  async exchange(all: readonly Words[]): Promise<string[]> {
    this.socket.write(Buffer.from(all.map(requestText).join(''), 'latin1'));
    return this.take(all.length);
  }

  /** The next `count` replies. */
  private async take(count: number): Promise<string[]> {
    const replies: string[] = [];
    for (;;) {
      let start = 0;
      while (replies.length < count && start < this.pending.length) {
        const end = replyEnd(this.pending, start);
        if (end < 0) break;
        replies.push(this.pending.toString('latin1', start, end));
        start = end;
      }
      this.pending = start === this.pending.length ? NO_BYTES : this.pending.subarray(start);
      if (replies.length === count || this.ended) return replies;
      await this.more();
    }
  }

  /** Sends a command and gives all that comes until the server answers a PING behind it. */
  async transcript(words: Words | undefined, mark: string): Promise<string[]> {
    const all = [...(words === undefined ? [] : [words]), ['PING', mark]];
    this.socket.write(Buffer.from(all.map(requestText).join(''), 'latin1'));
    return this.until(mark);
  }

  /** All that comes, asked for or not, until something that contains a word, which is left out. */
  async until(word: string): Promise<string[]> {
    const replies: string[] = [];
    for (;;) {
      const [reply] = await this.take(1);
      if (reply === undefined || reply.includes(word)) return replies;
      replies.push(reply);
    }
  }

  /** Waits for bytes, or for the end. */
  private async more(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.arrived = resolve;
      timer = setTimeout(() => reject(new Error('a server does not answer')), SILENCE_MS_MAX);
    });
    clearTimeout(timer);
    this.arrived = undefined;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A command as RESP, one character a byte. */
function requestText(words: Words): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}
