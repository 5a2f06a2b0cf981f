/** Replies of RESP2 out of pieces of any length. */

/** An error that a server answered with; its first word is a code. */
export class RedisError extends Error {
  override readonly name = 'RedisError';

  /** The first word, such as `WRONGTYPE`. */
  get code(): string {
    return this.message.split(' ', 1)[0] as string;
  }
}

/** A reply; bulk strings are bytes, and an error is a value like any other. */
export type Reply = string | number | Buffer | null | RedisError | readonly Reply[];

const NEWLINE = 0x0a;

/** Takes pieces, and gives the replies that are whole. */
export class ReplyParser {
  private pieces: Buffer[] = [];
  private length = 0;
  /** Nothing can be whole before there are so many bytes. */
  private needed = 1;
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;

  push(piece: Buffer): void {
    this.pieces.push(piece);
    this.length += piece.length;
  }

  /** The next reply; `undefined` when it has not arrived as a whole. Throws at what is no RESP2. */
  next(): Reply | undefined {
    if (this.length < this.needed) return undefined;
    if (this.pieces.length > 0) this.join();
    const start = this.at;
    const reply = this.parse();
    if (reply === undefined) {
      this.at = start;
      return undefined;
    }
    this.needed = this.length - (this.bytes.length - this.at) + 1;
    if (this.at === this.bytes.length) this.forget();
    return reply;
  }

  /** What has been read is let go of. */
  private join(): void {
    this.bytes = Buffer.concat([this.bytes.subarray(this.at), ...this.pieces]);
    this.pieces = [];
    this.at = 0;
    this.length = this.bytes.length;
  }

  private forget(): void {
    this.bytes = Buffer.alloc(0);
    this.at = 0;
    this.length = 0;
    this.needed = 1;
  }

  private parse(): Reply | undefined {
    const end = this.bytes.indexOf(NEWLINE, this.at);
    if (end < 0) return this.lacks(this.bytes.length - this.at + 1);
    const kind = this.bytes[this.at] as number;
    const text = this.bytes.toString('latin1', this.at + 1, end - 1);
    this.at = end + 1;
    switch (String.fromCharCode(kind)) {
      case '+':
        return text;
      case '-':
        return new RedisError(text);
      case ':':
        return Number(text);
      case '$':
        return this.bulk(Number(text));
      case '*':
        return this.array(Number(text));
      default:
        throw new Error('the server does not speak RESP2');
    }
  }

  private bulk(length: number): Buffer | null | undefined {
    if (length < 0) return null;
    const end = this.at + length;
    if (end + 2 > this.bytes.length) return this.lacks(end + 2);
    const value = this.bytes.subarray(this.at, end);
    this.at = end + 2;
    return value;
  }

  private array(count: number): readonly Reply[] | null | undefined {
    if (count < 0) return null;
    const replies: Reply[] = [];
    for (let i = 0; i < count; i++) {
      const reply = this.parse();
      if (reply === undefined) return undefined;
      replies.push(reply);
    }
    return replies;
  }

  /** More is needed, up to a place in `bytes`: until then nothing is looked at again. */
  private lacks(upTo: number): undefined {
    this.needed = upTo;
    return undefined;
  }
}
