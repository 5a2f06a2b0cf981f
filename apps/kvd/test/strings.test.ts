import { describe, expect, it } from 'vitest';
import { kvdWithClient } from './kvd-with-client.ts';

const { clock, client } = await kvdWithClient();

/** The Redis code and words of the error that a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    (reply) => `answered ${String(reply)}`,
    (error) => (error.code === 'REPLY' ? error.replyCode : error.code),
  );
}

describe('SET', () => {
  it('answers 1, and replaces the value and its TTL', async () => {
    expect(await client.set('k', 'a', { ttlMs: 1000 })).toBe(1);
    expect(await client.set('k', 'b')).toBe(1);
    expect(await client.get('k')).toBe('b');
    expect(await client.ttl('k')).toBe(-1);
  });

  it('keeps the TTL when told to', async () => {
    await client.set('k', 'a', { ttlMs: 5000 });
    await client.set('k', 'b', { keepTtl: true });
    expect(await client.pttl('k')).toBe(5000);
  });

  it('answers 0 when NX meets a key or XX meets none', async () => {
    expect(await client.set('k', 'a', { if: 'present' })).toBe(0);
    expect(await client.get('k')).toBeUndefined();
    expect(await client.set('k', 'a', { if: 'absent' })).toBe(1);
    expect(await client.set('k', 'b', { if: 'absent' })).toBe(0);
    expect(await client.get('k')).toBe('a');
  });

  it('answers the old value with GET, also when it is refused', async () => {
    expect(await client.execute('SET', 'k', 1, 'GET')).toBeUndefined();
    expect(await client.execute('SET', 'k', { a: 2 }, 'GET', 'NX')).toBe(1);
    expect(await client.execute('SET', 'k', { a: 2 }, 'GET')).toBe(1);
    expect(await client.execute('SET', 'k', 3, 'XX', 'GET')).toStrictEqual({ a: 2 });
  });

  it('takes an option that is given again, as Redis does: the last one counts', async () => {
    expect(await client.execute('SET', 'k', 1, 'NX', 'EX', 5, 'NX', 'EX', 10)).toBe(1);
    expect(await client.ttl('k')).toBe(10);
  });

  it('takes every unit of expiry', async () => {
    const now = clock.now();
    await client.execute('SET', 'k', 1, 'EX', 10);
    expect(await client.pttl('k')).toBe(10_000);
    await client.execute('SET', 'k', 1, 'px', '1500');
    expect(await client.pttl('k')).toBe(1500);
    await client.execute('SET', 'k', 1, 'EXAT', now / 1000 + 7);
    expect(await client.pttl('k')).toBe(7000);
    await client.execute('SET', 'k', 1, 'PXAT', now + 99);
    expect(await client.pttl('k')).toBe(99);
  });

  it.each([['NX', 'XX'], ['EX', 1, 'PX', 1], ['EX', 1, 'KEEPTTL'], ['EX'], ['WHAT'], [{}]])(
    'refuses options that make no sense: %j %j',
    async (...options) => {
      await client.set('k', 'old');
      expect(await refusal(client.execute('SET', 'k', 'new', ...options))).toBe('ERR');
      expect(await client.get('k')).toBe('old');
    },
  );
});

describe('a TTL that is none', () => {
  const bad: readonly unknown[] = [
    0,
    -1,
    Number.NaN,
    1.5,
    2n ** 63n,
    2n ** 63n - 1n,
    2 ** 53,
    'x',
    '',
    null,
    true,
  ];

  it.each(bad)('is an error that leaves the old value: %s', async (ttl) => {
    await client.set('k', 'old', { ttlMs: 60_000 });
    expect(await refusal(client.execute('SETEX', 'k', ttl, 'new'))).toBe('ERR');
    expect(await refusal(client.execute('PSETEX', 'k', ttl, 'new'))).toBe('ERR');
    for (const unit of ['EX', 'PX', 'EXAT', 'PXAT'])
      expect(await refusal(client.execute('SET', 'k', 'new', unit, ttl))).toBe('ERR');
    expect(await client.get('k')).toBe('old');
    expect(await client.pttl('k')).toBe(60_000);
  });

  it.each([Number.NaN, 1.5, 2n ** 63n, 2n ** 63n - 1n, 'x', null])(
    'is an error for EXPIRE too: %s',
    async (ttl) => {
      await client.set('k', 'old', { ttlMs: 60_000 });
      for (const name of ['EXPIRE', 'PEXPIRE', 'EXPIREAT', 'PEXPIREAT'])
        expect(await refusal(client.execute(name, 'k', ttl))).toBe('ERR');
      expect(await client.pttl('k')).toBe(60_000);
    },
  );

  it.each(['EXPIRE', 'PEXPIRE', 'EXPIREAT', 'PEXPIREAT'])(
    'deletes with %s of 0 and less',
    async (name) => {
      for (const ttl of [0, -1]) {
        await client.set('k', 'old');
        expect(await client.execute(name, 'k', ttl)).toBe(1);
        expect(await client.exists('k')).toBe(0);
      }
    },
  );
});

describe('INCR and its like', () => {
  it('count an absent key as 0 and keep the TTL', async () => {
    expect(await client.incr('n')).toBe(1);
    await client.expire('n', 10);
    expect(await client.incrby('n', 41)).toBe(42);
    expect(await client.decr('n')).toBe(41);
    expect(await client.decrby('n', 42)).toBe(-1);
    expect(await client.ttl('n')).toBe(10);
    expect(await client.get('n')).toBe(-1);
  });

  it('do not inherit the TTL of a key that was deleted', async () => {
    await client.set('n', 1, { ttlMs: 1000 });
    await client.delete('n');
    await client.incr('n');
    expect(await client.ttl('n')).toBe(-1);
  });

  it('keep the encoding that they find: text stays text, a number a number', async () => {
    await client.set('text', '41');
    await client.set('number', 41);
    await client.set('bytes', new TextEncoder().encode('41'));
    expect(await client.incr('text')).toBe(42);
    expect(await client.incr('number')).toBe(42);
    expect(await client.incr('bytes')).toBe(42);
    expect(await client.get('text')).toBe('42');
    expect(await client.get('number')).toBe(42);
    expect(await client.get('bytes')).toStrictEqual(new TextEncoder().encode('42'));
  });

  it('are exact over 64 bits, and answer a bigint only beyond the safe range', async () => {
    await client.set('n', Number.MAX_SAFE_INTEGER);
    expect(await client.incr('n')).toBe(2n ** 53n);
    expect(await client.get('n')).toBe(2n ** 53n);
    expect(await client.incrby('n', 2n ** 62n)).toBe(2n ** 62n + 2n ** 53n);
    expect(await client.decrby('n', 2n ** 62n + 1n)).toBe(Number.MAX_SAFE_INTEGER);
    await client.set('n', '9223372036854775807');
    expect(await refusal(client.incr('n'))).toBe('ERR');
    expect(await client.decr('n')).toBe(9223372036854775806n);
    await client.set('n', '-9223372036854775808');
    expect(await refusal(client.decr('n'))).toBe('ERR');
    expect(await refusal(client.decrby('n', -(2n ** 63n)))).toBe('ERR');
  });

  it.each([
    [5n, 6],
    [2 ** 40, 2 ** 40 + 1],
    [-0, 1],
    [-1, 0],
    [255, 256],
    [65_535, 65_536],
    [2 ** 32 - 1, 2 ** 32],
    [-130, -129],
    [-32_770, -32_769],
  ])('write what a number of that size is written as: %s', async (before, after) => {
    await client.set('n', before);
    expect(await client.incr('n')).toBe(after);
    expect(await client.get('n')).toBe(after);
  });

  it.each([
    ['text that is no integer', 'x', 'ERR'],
    ['text with a space', ' 1', 'ERR'],
    ['text with a leading zero', '01', 'ERR'],
    ['a plus', '+1', 'ERR'],
    ['nothing', '', 'ERR'],
    ['a fraction', 1.5, 'ERR'],
    ['a boolean', true, 'WRONGTYPE'],
    ['null', null, 'WRONGTYPE'],
    ['an object', { n: 1 }, 'WRONGTYPE'],
    ['an unsigned bigint beyond 63 bits', 2n ** 64n - 1n, 'ERR'],
  ])('refuse %s and leave it', async (_name, value, code) => {
    await client.set('k', value);
    expect(await refusal(client.incr('k'))).toBe(code);
    expect(await client.get('k')).toStrictEqual(value);
  });
});

describe('APPEND and STRLEN', () => {
  it('append to text, bytes and numbers as their decimal text', async () => {
    expect(await client.append('k', 'grü')).toBe(4);
    expect(await client.append('k', 'ße')).toBe(7);
    expect(await client.get('k')).toBe('grüße');
    await client.set('n', 12.5);
    expect(await client.append('n', 0)).toBe(5);
    expect(await client.get('n')).toBe('12.50');
    expect(await client.strlen('n')).toBe(5);
    await client.set('n', -7);
    expect(await client.strlen('n')).toBe(2);
  });

  it('turn text that is no longer UTF-8 into raw bytes', async () => {
    await client.set('k', 'a', { ttlMs: 1000 });
    expect(await client.append('k', Uint8Array.of(0xff))).toBe(2);
    expect(await client.get('k')).toStrictEqual(Uint8Array.of(0x61, 0xff));
    expect(await client.pttl('k')).toBe(1000);
  });

  it('answer WRONGTYPE for typed values, and 0 for an absent key', async () => {
    await client.set('k', { a: 1 });
    expect(await refusal(client.append('k', 'x'))).toBe('WRONGTYPE');
    expect(await refusal(client.strlen('k'))).toBe('WRONGTYPE');
    expect(await client.strlen('absent')).toBe(0);
  });
});

describe('the others', () => {
  it('MSET checks everything before the first write, and the last of two equal keys wins', async () => {
    expect(await client.mset('a', 1, 'b', 2, 'a', 3)).toBe(3);
    expect(await client.mget('a', 'b', 'c')).toStrictEqual([3, 2, undefined]);
    expect(await refusal(client.execute('MSET', 'a', 9, 7, 9))).toBe('ERR');
    expect(await refusal(client.execute('MSET', 'a', 9, 'b'))).toBe('ERR');
    expect(await client.get('a')).toBe(3);
  });

  it('MSET clears a TTL', async () => {
    await client.setex('a', 10, 1);
    await client.mset('a', 2);
    expect(await client.ttl('a')).toBe(-1);
  });

  it('GETSET, GETDEL and SETNX answer as in Redis', async () => {
    expect(await client.getset('k', 1)).toBeUndefined();
    expect(await client.getset('k', { a: null })).toBe(1);
    expect(await client.setnx('k', 2)).toBe(0);
    expect(await client.getdel('k')).toStrictEqual({ a: null });
    expect(await client.getdel('k')).toBeUndefined();
    expect(await client.setnx('k', 2)).toBe(1);
  });

  it('a stored null is not an absent key', async () => {
    await client.set('k', null);
    expect(await client.get('k')).toBeNull();
    expect(await client.mget('k', 'absent')).toStrictEqual([null, undefined]);
    expect(await client.getset('k', 1)).toBeNull();
  });

  it('a string that a foreign client sends with bytes that are not UTF-8 is kept as bytes', async () => {
    await client.set('k', Uint8Array.of(0xc3, 0x28));
    expect(await client.get('k')).toStrictEqual(Uint8Array.of(0xc3, 0x28));
  });

  it('keys are bytes: a string and its UTF-8 are the same key, and any bytes are a key', async () => {
    await client.set('ä', 1);
    expect(await client.get(new TextEncoder().encode('ä'))).toBe(1);
    const key = Uint8Array.of(0, 0xff, 0x0a);
    await client.set(key, 2);
    expect(await client.get(key)).toBe(2);
    expect(await client.keys('*')).toContainEqual(key);
    for (const name of ['__proto__', 'constructor', 'toString', '']) {
      await client.set(name, name);
      expect(await client.get(name)).toBe(name);
    }
  });
});
