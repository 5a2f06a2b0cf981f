import { describe, expect, test } from 'vitest';
import { Money, moneyExtension } from '../../test/arbitrary-value.ts';
import { ValueCodec, valueCodec } from './codec.ts';
import { valueExtension } from './extensions.ts';
import { ValueError } from './value-error.ts';

const money = new ValueCodec({ extensions: [moneyExtension] });

function errorOf(action: () => unknown): ValueError {
  try {
    action();
  } catch (error) {
    if (error instanceof ValueError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('extensions', () => {
  class Other {
    v = 1;
  }
  const other = valueExtension({
    type: 127,
    class: Other,
    encode: (o) => o.v,
    decode: () => new Other(),
  });

  test('bad ones are refused when the codec is made', () => {
    const code = (...extensions: never[]): string =>
      errorOf(() => new ValueCodec({ extensions })).code;
    expect(code({ ...other, type: 31 } as never)).toBe('BAD_EXTENSION');
    expect(code({ ...other, type: 128 } as never)).toBe('BAD_EXTENSION');
    expect(code({ ...other, type: 40.5 } as never)).toBe('BAD_EXTENSION');
    expect(code(other as never, { ...other, type: 40 } as never)).toBe('BAD_EXTENSION');
    expect(code(other as never, { ...moneyExtension, type: 127 } as never)).toBe('BAD_EXTENSION');
    expect(code({ ...other, class: Map } as never)).toBe('BAD_EXTENSION');
    expect(code({ ...other, class: () => 1 } as never)).toBe('BAD_EXTENSION');
  });

  test('an instance of a subclass is not taken', () => {
    class Cents extends Money {}
    expect(errorOf(() => money.encode(new Cents(1n, 'EUR'))).code).toBe('UNSUPPORTED_VALUE');
  });

  test('a codec without the extension says which type it lacks', () => {
    expect(errorOf(() => valueCodec.decode(money.encode(new Money(1n, 'EUR')))).code).toBe(
      'UNKNOWN_EXTENSION',
    );
  });

  test('an extension may use the same codec while it is in use', () => {
    const codec: ValueCodec = new ValueCodec({
      extensions: [
        {
          type: 50,
          class: Other,
          encode: () => codec.encode({ nested: [1] }),
          decode: (body: unknown) =>
            Object.assign(new Other(), { v: codec.decode(body as Uint8Array) }),
        },
      ],
    });
    const back = codec.decode(codec.encode([new Other(), 'after'])) as [Other, string];
    expect(back[0].v).toEqual({ nested: [1] });
    expect(back[1]).toBe('after');
  });

  test('an extension that returns its own instance is a cycle', () => {
    const codec = new ValueCodec({
      extensions: [{ type: 50, class: Other, encode: (o: object) => o, decode: () => new Other() }],
    });
    expect(errorOf(() => codec.encode(new Other())).code).toBe('CYCLE');
  });

  test('a class that has no other form can be given one', () => {
    const codec = new ValueCodec({
      extensions: [
        valueExtension({
          type: 33,
          class: RegExp,
          encode: (r) => [r.source, r.flags],
          decode: (b) => new RegExp(...(b as [string, string])),
        }),
      ],
    });
    expect(codec.decode(codec.encode({ r: /a+/gi }))).toEqual({ r: /a+/gi });
  });
});
