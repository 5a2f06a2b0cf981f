import { COMPILED } from '../src/commands/compile.ts';
import { RequestBatch } from '../src/request-batch.ts';
import type { PartialRequest } from '../src/request-reader.ts';
import { RespReader } from '../src/resp-reader.ts';

/** Bytes of a text in which a character is a byte. */
export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** A request as clients send it. */
export const multibulk = (...args: string[]): string =>
  `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;

/** A request's command number and its arguments with the name, each a byte a character. */
interface Row {
  readonly command: number;
  readonly args: readonly string[];
}

/** Reads as a connection does: chunk by chunk, moving what is left, until something is wrong. */
export class RespConnection {
  readonly rows: Row[] = [];
  error: string | undefined;
  /** Of the last call of `fill`. */
  wanted = 0;
  partial: PartialRequest | undefined;
  fills = 0;
  private readonly reader: RespReader;
  private readonly batch: RequestBatch;
  private rest = new Uint8Array(0);
  private readonly authenticated: boolean;

  constructor(
    options: { reader?: RespReader; batch?: RequestBatch; authenticated?: boolean } = {},
  ) {
    this.reader = options.reader ?? new RespReader();
    this.batch = options.batch ?? new RequestBatch();
    this.authenticated = options.authenticated ?? true;
  }

  /** Bytes that no request has been made of. */
  get left(): string {
    return textOf(this.rest);
  }

  push(chunk: Uint8Array): this {
    if (this.error !== undefined) return this;
    // Other bytes around them, in another place each time.
    const margin = 1 + (chunk.length % 7);
    const bytes = new Uint8Array(margin * 2 + this.rest.length + chunk.length).fill(0x0a);
    bytes.set(this.rest, margin);
    bytes.set(chunk, margin + this.rest.length);
    const end = bytes.length - margin;
    let start = margin;
    for (;;) {
      this.fills++;
      this.batch.begin(bytes);
      this.reader.partial = this.partial;
      const next = this.reader.fill(this.batch, start, end, this.authenticated);
      this.partial = this.reader.partial;
      this.wanted = this.reader.wanted;
      if (next < start || next > end) throw new Error(`fill answered ${next} of ${start}-${end}`);
      start = next;
      for (let row = 0; row < this.batch.rows; row++) this.rows.push(rowOf(this.batch, row));
      if (this.batch.rows === 0 || this.reader.error !== undefined) break;
    }
    this.error = this.reader.error;
    this.rest = bytes.slice(start, end);
    return this;
  }
}

function rowOf(batch: RequestBatch, row: number): Row {
  const first = batch.first[row] as number;
  const command = batch.command[row] as number;
  const args = Array.from({ length: batch.count[row] as number }, (_, i) => {
    if (batch.form[first + i] !== 0) throw new Error('an argument is not RAW');
    return textOf(batch.range(first + i));
  });
  // The name of a GET or SET of the usual shape is not kept.
  const known = COMPILED[command]?.row.name;
  const kept = first === 0 ? '' : textOf(batch.range(first - 1));
  const name = known === undefined || kept.toUpperCase() === known ? kept : known;
  return { command, args: [name, ...args] };
}

/** All requests of some text, delivered at once. */
export const readText = (text: string, authenticated = true): RespConnection =>
  new RespConnection({ authenticated }).push(bytesOf(text));
