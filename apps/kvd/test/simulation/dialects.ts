import {
  ByteWriter,
  FrameKind,
  makeDurable,
  ReplyReader,
  valueCodec,
  writeRequest,
} from '@kv/protocol';
import { ReplyParser } from '../../src/tools/redis/reply-parser.ts';
import type { Words } from './operations.ts';

/** One connection's way to say things and to understand the answers. */
export interface Dialect {
  readonly greeting: readonly Words[];
  /** `durable`: to be answered when they are on disk, where one can say so. */
  encode(requests: readonly Words[], durable: boolean): Uint8Array;
  /** The replies that are whole with these bytes. An error is a value like any other. */
  decode(bytes: Uint8Array): unknown[];
}

/** A reply that is an error; it begins with its code. */
class ErrorReply extends Error {}

export function respDialect(): Dialect {
  const parser = new ReplyParser();
  return {
    greeting: [],
    encode: (requests) => Buffer.from(requests.map(respRequest).join(''), 'latin1'),
    decode(bytes) {
      parser.push(Buffer.from(bytes));
      const replies: unknown[] = [];
      for (let reply = parser.next(); reply !== undefined; reply = parser.next())
        replies.push(reply);
      return replies;
    },
  };
}

function respRequest(words: Words): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

export function nativeDialect(): Dialect {
  const reader = new ReplyReader();
  return {
    greeting: [['HELLO', '1']],
    encode(requests, durable) {
      const writer = new ByteWriter();
      for (const [name, ...args] of requests) {
        const values = name === 'HELLO' ? args.map(Number) : args;
        writeRequest(writer, valueCodec, name, values);
      }
      const bytes = writer.copy();
      if (durable) makeDurable(bytes, new DataView(bytes.buffer), 0, bytes.length);
      return bytes;
    },
    decode(bytes) {
      reader.push(bytes);
      const replies: unknown[] = [];
      while (reader.next()) {
        const onError = (code: string, message: string) => new ErrorReply(`${code} ${message}`);
        const { bytes: from, bodyStart, bodyEnd } = reader;
        const body = valueCodec.decodeReply(from, bodyStart, bodyEnd, undefined, onError);
        const isError = reader.kind === FrameKind.ERROR;
        replies.push(isError ? new ErrorReply((body as string[]).slice(0, 2).join(' ')) : body);
      }
      reader.keep();
      return replies;
    },
  };
}

/** Whether a reply says that nothing was executed. */
export function isRefusal(reply: unknown): reply is Error {
  return reply instanceof Error && /^(LOADING|MISCONF|NOLOG|EXECABORT)/.test(reply.message);
}
