// What a server is asked in a comparison, as bytes: requests with any keys, and what comes back.
import { type Dialect, RESP, type Word } from '../dialects.ts';
import { KEY_BYTES, keyOf, writeKeyDigits } from '../keys.ts';

/** How many keys an MGET or MSET has. */
export const KEYS_OF_MANY = 100;

const TTL_SECONDS = 3600;

/** The replies to one request: so many bytes, or lines of any length. */
type ReplySize = { readonly bytes: number } | { readonly lines: number };

/** One thing to ask. */
interface Operation {
  readonly words: (key: Buffer, value: Buffer) => readonly Word[];
  readonly reply: (valueBytes: number) => ReplySize;
  /** Whether others do not find their keys after it, so that those have to be written anew. */
  readonly spoils?: true;
  /** Whether it begins with no keys at all. */
  readonly onEmpty?: true;
}

const many = <Item>(item: Item): Item[] => new Array(KEYS_OF_MANY).fill(item);
const OK: ReplySize = { bytes: '+OK\r\n'.length };
const bulkBytes = (length: number): number => `$${length}\r\n\r\n`.length + length;

const OPERATIONS = {
  get: { words: (key) => ['GET', key], reply: (length) => ({ bytes: bulkBytes(length) }) },
  set: { words: (key, value) => ['SET', key, value], reply: () => OK },
  setex: { words: (key, value) => ['SETEX', key, TTL_SECONDS, value], reply: () => OK },
  mget: {
    words: (key) => ['MGET', ...many(key)],
    reply: (length) => ({
      bytes: `*${KEYS_OF_MANY}\r\n`.length + KEYS_OF_MANY * bulkBytes(length),
    }),
  },
  mset: { words: (key, value) => ['MSET', ...many([key, value]).flat()], reply: () => OK },
  del: { words: (key) => ['DEL', key], reply: () => ({ bytes: ':1\r\n'.length }), spoils: true },
  incr: { words: (key) => ['INCR', key], reply: () => ({ lines: 1 }), onEmpty: true, spoils: true },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof OPERATIONS;

/** What the table says of an operation, whatever it is. */
export const operation = (name: OperationName): Operation => OPERATIONS[name];

/** A request that can be had for any keys. */
export class RequestBytes {
  readonly bytes: Buffer;
  private readonly keyEnds: number[] = [];

  constructor(name: OperationName, valueBytes: number, dialect: Dialect = RESP) {
    const value = Buffer.alloc(valueBytes, 'v');
    const key = keyOf(0);
    this.bytes = dialect.request(OPERATIONS[name].words(key, value));
    for (let at = this.bytes.indexOf(key); at >= 0; at = this.bytes.indexOf(key, at + KEY_BYTES))
      this.keyEnds.push(at + KEY_BYTES);
  }

  /** Writes its keys, chosen by `nextKey`, of so many digits, where it lies at `at` of `target`. */
  writeKeys(target: Buffer, at: number, nextKey: () => number, digits: number): void {
    for (const end of this.keyEnds) writeKeyDigits(target, at + end, nextKey(), digits);
  }
}
