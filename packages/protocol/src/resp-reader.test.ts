import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { bytesOf, multibulk, RespConnection, readText } from '../test/resp.ts';
import { compiledNamed } from './commands/compile.ts';
import { BATCH_ARGUMENTS_MAX, FRAME_BYTES_MAX, INLINE_BYTES_MAX } from './limits.ts';
import { RequestBatch } from './request-batch.ts';
import { PartialRequest } from './request-reader.ts';
import { RespReader } from './resp-reader.ts';

const idOf = (name: string): number => compiledNamed(name)?.id as number;
/** A request whose name is in upper case if it is a command's: of one that comes whole the case is not kept. */
const named = ({ command, args: [name = '', ...args] }: RespConnection['rows'][number]) => ({
  command,
  args: [command > 0 ? name.toUpperCase() : name, ...args],
});
const argsOf = (text: string): (readonly string[])[] => readText(text).rows.map(({ args }) => args);

describe('requests', () => {
  test.each(['GET', 'get', 'gEt', 'SET', 'set', 'Set', 'INCR', 'mget', 'nothing'])(
    '%s is found in either case, with its name and arguments',
    (name) => {
      const { rows, error } = readText(multibulk(name, 'key', 'value'));
      expect(error).toBeUndefined();
      expect(rows).toEqual([
        {
          command: compiledNamed(name.toUpperCase())?.id ?? 0,
          args: [expect.stringMatching(new RegExp(`^${name}$`, 'i')), 'key', 'value'],
        },
      ]);
    },
  );

  test.each([0, 1, 9, 10, 99, 100, 12_345])('a key and a value of %i bytes', (length) => {
    const args = ['x'.repeat(length), 'y'.repeat(length)];
    for (const name of ['SET', 'GETSET'])
      expect(readText(multibulk(name, ...args)).rows[0]?.args).toEqual([name, ...args]);
    expect(readText(multibulk('GET', args[0] as string)).rows[0]?.command).toBe(idOf('GET'));
  });

  test('what lies around GET and SET is not theirs', () => {
    for (const text of [multibulk('GET'), multibulk('SET', 'a'), multibulk('GET', 'a', 'b')])
      expect(readText(text + multibulk('PING')).rows.map(({ args }) => args.length)).toEqual([
        Number(text[1]),
        1,
      ]);
  });

  test('pipelined requests of every kind, with nothing between them and with empty lines', () => {
    const text = `${multibulk('PING')}\r\n\n*0\r\n*-1\r\n*-20\r\nECHO hi\r\n${multibulk('GET', 'a')}   \r\nPING\n`;
    expect(argsOf(text)).toEqual([['PING'], ['ECHO', 'hi'], ['GET', 'a'], ['PING']]);
  });

  test('line feeds behind lengths and the end of a bulk string are not looked at, as in Redis', () => {
    expect(argsOf('*2\r.$4\r.ECHO..$1\r.xab')).toEqual([['ECHO', 'x']]);
  });

  test('a batch takes as many as it has room for, and strangers are read one by one', () => {
    const text = multibulk('PING').repeat(5);
    const bytes = bytesOf(text);
    const reader = new RespReader();
    const batch = new RequestBatch(3);
    batch.begin(bytes);
    expect(reader.fill(batch, 0, bytes.length, true)).toBe(3 * 14);
    expect(batch.rows).toBe(3);
    expect([...batch.end.subarray(0, 3)]).toEqual([14, 28, 42]);
    batch.begin(bytes);
    expect(reader.fill(batch, 14, bytes.length, false)).toBe(28);
    expect(batch.rows).toBe(1);
  });

  test('a batch takes no more once it holds very many arguments', () => {
    const many = multibulk('DEL', ...new Array<string>(BATCH_ARGUMENTS_MAX).fill('k'));
    const bytes = bytesOf(many + multibulk('PING'));
    const batch = new RequestBatch();
    batch.begin(bytes);
    const read = new RespReader().fill(batch, 0, bytes.length, true);
    expect(batch.rows).toBe(1);
    expect(read).toBe(many.length);
    expect(readText(many + multibulk('PING')).rows).toHaveLength(2);
  });
});

describe('what breaks the protocol', () => {
  test.each(
    [
      ['*x\r\n', 'invalid multibulk length'],
      ['*\r\n', 'invalid multibulk length'],
      ['*+1\r\n', 'invalid multibulk length'],
      ['* 1\r\n', 'invalid multibulk length'],
      ['*01\r\n', 'invalid multibulk length'],
      ['*-0\r\n', 'invalid multibulk length'],
      ['*1.5\r\n', 'invalid multibulk length'],
      ['*1048577\r\n', 'invalid multibulk length'],
      ['*2147483648\r\n', 'invalid multibulk length'],
      ['*4294967297\r\n', 'invalid multibulk length'],
      ['*9007199254740993\r\n', 'invalid multibulk length'],
      ['*99999999999999999999\r\n', 'invalid multibulk length'],
      ['*-9223372036854775809\r\n', 'invalid multibulk length'],
      [`*${'1'.repeat(40)}\r\n`, 'invalid multibulk length'],
      [`*${'1'.repeat(INLINE_BYTES_MAX)}`, 'too big mbulk count string'],
      ['*1\r\nfoo\r\n', "expected '$', got 'f'"],
      ['*1\r\n\r\n', "expected '$', got '?'"],
      ['*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n', "expected '$', got 'f'"],
      ['*2\r\n$3\r\nGET\r\n*1\r\n', "expected '$', got '*'"],
      ['*1\r\n$x\r\n', 'invalid bulk length'],
      ['*1\r\n$\r\n', 'invalid bulk length'],
      ['*1\r\n$-1\r\n', 'invalid bulk length'],
      ['*1\r\n$+4\r\nPING\r\n', 'invalid bulk length'],
      ['*1\r\n$04\r\nPING\r\n', 'invalid bulk length'],
      ['*1\r\n$1x\r\n', 'invalid bulk length'],
      ['*2\r\n$3\r\nGET\r\n$-10\r\n', 'invalid bulk length'],
      ['*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$2000000000\r\n', 'invalid bulk length'],
      ['*2\r\n$3\r\nGET\r\n$536870913\r\n', 'invalid bulk length'],
      ['*2\r\n$3\r\nGET\r\n$2147483648\r\n', 'invalid bulk length'],
      ['*2\r\n$3\r\nGET\r\n$4294967296\r\n', 'invalid bulk length'],
      ['*2\r\n$3\r\nGET\r\n$9007199254740993\r\n', 'invalid bulk length'],
      [`*1\r\n$${'1'.repeat(INLINE_BYTES_MAX)}`, 'too big bulk count string'],
      ['x'.repeat(INLINE_BYTES_MAX + 1), 'too big inline request'],
      ['GET "a\r\n', 'unbalanced quotes in request'],
      ["GET 'a\r\n", 'unbalanced quotes in request'],
      ['GET "a"b\r\n', 'unbalanced quotes in request'],
      ['set """test-key""" test-value\r\n', 'unbalanced quotes in request'],
    ].map(([text = '', error = '']) => ({ name: JSON.stringify(text.slice(0, 60)), text, error })),
  )('$name: $error', ({ text, error }) => {
    const read = readText(`${multibulk('PING')}${text}`);
    expect(read.error).toBe(error);
    // What was read before it can be answered first.
    expect(read.rows.map(({ args }) => args)).toEqual([['PING']]);
    expect(read.left).toBe(text);
  });

  test('a line of the longest length is one, and not too long before it ends', () => {
    const line = `ECHO ${'x'.repeat(INLINE_BYTES_MAX - 5)}`;
    expect(readText(line).error).toBeUndefined();
    expect(readText(`${line}\n`).rows[0]?.args[1]).toHaveLength(INLINE_BYTES_MAX - 5);
  });

  test('the limits of strangers, in the words of Redis', () => {
    const ten = new Array<string>(10).fill('x');
    expect(readText(multibulk(...ten), false).rows).toHaveLength(1);
    expect(readText('*11\r\n', false).error).toBe('unauthenticated multibulk length');
    expect(readText(multibulk('x'.repeat(16_384)), false).rows).toHaveLength(1);
    expect(readText('*1\r\n$16385\r\n', false).error).toBe('unauthenticated bulk length');
    expect(readText('*2\r\n$3\r\nGET\r\n$16385\r\n', false).error).toBe(
      'unauthenticated bulk length',
    );
    expect(readText('*1\r\n$-1\r\n', false).error).toBe('invalid bulk length');
  });

  test('a request that would be longer than a frame may be', () => {
    const half = `$${FRAME_BYTES_MAX / 2}\r\n`;
    expect(readText(`*2\r\n${half}`).error).toBeUndefined();
    expect(readText('*1048576\r\n$536870912\r\n').error).toMatch(/a request of more than/);
  });

  test('what is announced costs nothing', () => {
    const batch = new RequestBatch();
    for (const text of [
      '*1048576\r\n',
      '*1048576\r\n$1\r\nx\r\n',
      '*3\r\n$3\r\nSET\r\n$536870912\r\n',
    ])
      new RespConnection({ batch }).push(bytesOf(text));
    expect(batch.offset).toHaveLength(1024);
  });
});

describe('requests in pieces', () => {
  test('the length is told where it is known, or at least doubles what is there', () => {
    const set = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\nx';
    expect(readText(set).wanted).toBe(set.length - 1 + 100_002);
    const expiring = '*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\nx';
    expect(readText(expiring).wanted).toBe(expiring.length - 1 + 100_002 + 2 * 6);
    // Room for one bulk more at a time would be copied for each of them.
    const third = `*9\r\n$4\r\nMSET\r\n${'$1000\r\n'.padEnd(1009, 'x').repeat(2)}$1000\r\n`;
    expect(readText(third).wanted).toBe(0);
    expect(readText('*3\r\n$3\r\nSE').wanted).toBe(25);
    expect(readText('*3\r\n$3').wanted).toBe(0);
    expect(readText(multibulk('PING')).wanted).toBe(0);
  });

  test('however bytes arrive, the same requests come out', () => {
    const arg = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 30 }),
      fc.string({ maxLength: 200, minLength: 90 }),
      fc.constantFrom('GET', 'set', '', '\r\n', '*1\r\n', '$3\r\n', '"', "'"),
    );
    const request = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.array(arg, { minLength: 1, maxLength: 6 }).map((a) => multibulk(...a)),
      },
      {
        weight: 1,
        arbitrary: fc.array(arg, { minLength: 17, maxLength: 60 }).map((a) => multibulk(...a)),
      },
      fc.tuple(fc.constantFrom('GET', 'get', 'SET'), arg, arg).map((a) => multibulk(...a)),
      fc.constantFrom(
        'PING\r\n',
        '\r\n',
        '*0\r\n',
        'set a "b\\x41\\n"\r\n',
        "get 'a b'\n",
        ' get  a \r\n',
      ),
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 50 }), sizes, (requests, lengths) => {
        const bytes = bytesOf(requests.join(''));
        const whole = new RespConnection().push(bytes);
        const pieces = new RespConnection();
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const length = lengths[i % lengths.length] as number;
          pieces.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(whole.error).toBeUndefined();
        expect(whole.left).toBe('');
        expect(pieces.rows.map(named)).toEqual(whole.rows.map(named));
        expect(pieces.left).toBe('');
        expect(pieces.partial).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('requests split in two at every byte', () => {
    const many = new Array<string>(40).fill('k');
    const bytes = bytesOf(
      `${multibulk('GET', 'a'.repeat(20))}${multibulk('DEL', ...many)}echo "x\\"y" z\r\n${multibulk('SET', 'k', 'v'.repeat(120))}`,
    );
    const { rows } = new RespConnection().push(bytes);
    expect(rows).toHaveLength(4);
    for (let at = 0; at <= bytes.length; at++) {
      const split = new RespConnection().push(bytes.subarray(0, at)).push(bytes.subarray(at));
      expect(split.rows).toEqual(rows);
    }
  });

  test('one reader serves connections that are all in the middle of a request', () => {
    const reader = new RespReader();
    const batch = new RequestBatch();
    const lists = Array.from({ length: 5 }, (_, i) =>
      Array.from({ length: 30 + i }, (_, j) => `${i}:${j}`),
    );
    const open = lists.map((list) => ({
      list,
      text: bytesOf(multibulk(...list)),
      connection: new RespConnection({ reader, batch }),
    }));
    for (let at = 0; at < 600; at += 3)
      for (const { text, connection } of open) connection.push(text.subarray(at, at + 3));
    for (const { list, connection } of open) expect(connection.rows[0]?.args).toEqual(list);
  });

  test('a connection keeps nothing unless many arguments are there', () => {
    const text = multibulk('SET', 'k', 'v'.repeat(1000));
    const connection = new RespConnection();
    for (const byte of bytesOf(text)) {
      connection.push(Uint8Array.of(byte));
      expect(connection.partial).toBeUndefined();
    }
    expect(connection.rows).toHaveLength(1);
  });

  test('what is behind other requests is not kept: not all of those may be executed', () => {
    const many = multibulk('DEL', ...new Array<string>(100).fill('k'));
    const bytes = bytesOf(multibulk('PING') + many.slice(0, -4));
    const batch = new RequestBatch();
    batch.begin(bytes);
    const reader = new RespReader();
    expect(reader.fill(batch, 0, bytes.length, true)).toBe(14);
    expect(reader.partial).toBeUndefined();
    batch.begin(bytes);
    reader.fill(batch, 14, bytes.length, true);
    expect(reader.partial?.found).toBe(100);
  });

  test('byte by byte, each argument of a long request is found once', () => {
    const added = vi.spyOn(PartialRequest.prototype, 'add');
    const args = Array.from({ length: 5000 }, (_, i) => `k${i}`);
    const bytes = bytesOf(multibulk('DEL', ...args));
    const reader = new RespReader();
    const batch = new RequestBatch();
    // Counts what is read of them, not the time that it takes.
    let steps = 0;
    const counted = new Proxy(bytes, {
      get(target, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) steps++;
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const view = new DataView(bytes.buffer);
    let rows = 0;
    for (let end = 1; end <= bytes.length; end++) {
      batch.begin(counted, view);
      reader.fill(batch, 0, end, true);
      rows += batch.rows;
    }
    expect(rows).toBe(1);
    expect(reader.error).toBeUndefined();
    expect(added.mock.calls.length).toBeLessThanOrEqual(args.length + 1);
    expect(steps).toBeLessThan(bytes.length * 40);
    added.mockRestore();
  });
});

test('mutated requests never throw, and always come to an end', () => {
  const seed = Number(process.env.KV_SEED ?? Date.now() % 2 ** 31);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
  const valid = bytesOf(
    multibulk('SET', 'key', 'value') +
      multibulk('MSET', ...new Array<string>(40).fill('ab')) +
      'set "a\\x00" \'b\'\r\n' +
      multibulk('get', 'x'.repeat(100)),
  );
  const interesting = bytesOf('*$\r\n-+0139 "\'\\x\0\xff');
  for (let run = 0; run < 20_000; run++) {
    const bytes = valid.slice();
    for (let i = random(6); i >= 0; i--)
      bytes[random(bytes.length)] =
        random(2) === 0 ? random(256) : (interesting[random(interesting.length)] as number);
    const connection = new RespConnection({ authenticated: random(4) > 0 });
    const cut = random(bytes.length);
    try {
      connection.push(bytes.subarray(0, cut)).push(bytes.subarray(cut));
    } catch (error) {
      throw new Error(`KV_SEED=${seed}, run ${run}`, { cause: error });
    }
    expect(connection.fills, `KV_SEED=${seed}`).toBeLessThan(bytes.length);
  }
});
