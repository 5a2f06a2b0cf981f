/** A codec between values and bytes. */
export interface Codec {
  readonly name: string;
  /** `undefined` is part of the language. */
  readonly package: string | undefined;
  readonly load: () => Promise<{
    encode(value: unknown): Uint8Array;
    decode(bytes: Uint8Array): unknown;
  }>;
}

export const CODECS: readonly Codec[] = [
  {
    name: 'JSON',
    package: undefined,
    load: async () => ({
      encode: (value) => Buffer.from(JSON.stringify(value)),
      decode: (bytes) => JSON.parse((bytes as Buffer).toString()),
    }),
  },
  {
    name: 'ValueCodec',
    package: '@kv/protocol',
    load: async () => {
      const { ValueCodec } = await import('@kv/protocol');
      const codec = new ValueCodec();
      return {
        encode: (value) => codec.encode(value),
        decode: (bytes) => codec.decode(bytes),
      };
    },
  },
  {
    name: 'msgpackr',
    package: 'msgpackr',
    load: async () => {
      const { pack, unpack } = await import('msgpackr');
      return { encode: (value) => pack(value), decode: (bytes) => unpack(bytes) };
    },
  },
];

/** What is encoded and decoded. */
export const VALUES: Readonly<Record<string, unknown>> = {
  'short string': 'Alice Liddell',
  '200-byte object': {
    id: 4711,
    name: 'Alice Liddell',
    email: 'alice@example.com',
    active: true,
    score: 97.25,
    address: { street: '1 Wonderland Road', city: 'Oxford', zip: 'OX1 1AA' },
    roles: ['reader', 'editor'],
    manager: null,
  },
  '10 KB object': {
    page: 1,
    items: Array.from({ length: 64 }, (_, i) => ({
      id: i * 1009,
      title: `Item number ${i}`,
      price: i * 1.25,
      tags: ['new', `tag-${i % 7}`],
      stock: { berlin: i, tokyo: i * 2 },
      text: i % 4 ? 'A line of plain text.' : 'Größe, naïve, 日本語.',
    })),
  },
  '1,000 numbers': Array.from({ length: 1000 }, (_, i) => (i % 2 ? i * 37 : i * 0.37)),
};
