import { ByteWriter, FrameKind, valueCodec, writeRequest } from '@kv/protocol';

/** An argument of a request: a number is its decimal text over RESP. */
export type Word = string | number | Uint8Array;

/** What a reply says, as far as a benchmark asks. */
type ReplyKind = 'absent' | 'error' | 'something';

/** How requests are written and replies told apart. */
export interface Dialect {
  /** What a connection begins with. */
  readonly greeting: readonly Word[];
  request(words: readonly Word[]): Buffer;
  /** Where the reply that begins at `at` ends; -1 when that is beyond `end`. */
  replyEnd(bytes: Buffer, at: number, end: number): number;
  replyKind(bytes: Buffer, at: number): ReplyKind;
}

const FRAME_KIND_AT = 4;
const FRAME_BODY_AT = 5;
const NIL = 0xc0;

/** kvd's own protocol. */
export const NATIVE: Dialect = {
  greeting: ['HELLO', 1],
  request([name, ...args]) {
    const writer = new ByteWriter();
    writeRequest(writer, valueCodec, String(name), args);
    return Buffer.from(writer.copy());
  },
  replyEnd(bytes, at, end) {
    if (at + FRAME_BODY_AT > end) return -1;
    const next = at + FRAME_KIND_AT + bytes.readUInt32BE(at);
    return next <= end ? next : -1;
  },
  replyKind(bytes, at) {
    if (bytes[at + FRAME_KIND_AT] === FrameKind.ERROR) return 'error';
    return bytes[at + FRAME_BODY_AT] === NIL ? 'absent' : 'something';
  },
};

const CARRIAGE_RETURN = 13;
const BULK = 36;
const MINUS = 45;
const ZERO = 48;

/** Redis's protocol: simple and bulk replies. */
export const RESP: Dialect = {
  greeting: ['PING'],
  request(words) {
    const parts = words.flatMap((word) => {
      const bytes = Buffer.from(typeof word === 'number' ? String(word) : word);
      return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
    });
    return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
  },
  replyEnd(bytes, at, end) {
    let lineEnd = at + 1;
    let length = 0;
    while (lineEnd < end && bytes[lineEnd] !== CARRIAGE_RETURN)
      length = length * 10 + (bytes[lineEnd++] as number) - ZERO;
    const hasBody = bytes[at] === BULK && bytes[at + 1] !== MINUS;
    const next = lineEnd + 2 + (hasBody ? length + 2 : 0);
    return next <= end ? next : -1;
  },
  replyKind(bytes, at) {
    if (bytes[at] === MINUS) return 'error';
    return bytes[at] === BULK && bytes[at + 1] === MINUS ? 'absent' : 'something';
  },
};
