import { connect } from '@kv/client';
import { ByteWriter, FrameKind, ValueCodec } from '@kv/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kvd, startKvd } from '../src/index.ts';
import { HELLO, RawConnection, requestBytes } from './raw-connection.ts';

let kvd: Kvd;
beforeAll(async () => {
  kvd = await startKvd();
  await using client = await connect(kvd.url);
  await client.set('kept', 'kept');
});
afterAll(() => kvd.close());

/** The server is alive and has lost nothing. */
async function expectUnharmed(): Promise<void> {
  await using client = await connect(kvd.url);
  expect(await client.get('kept')).toBe('kept');
}

/** A frame around a request body. */
function frame(body: Uint8Array, length = body.length + 1): Uint8Array {
  const bytes = new Uint8Array(5 + body.length);
  new DataView(bytes.buffer).setUint32(0, length, false);
  bytes[4] = FrameKind.REQUEST;
  bytes.set(body, 5);
  return bytes;
}

describe('a request that is wrong is answered with an error, and the connection goes on', () => {
  it.each([
    ['an unknown command', requestBytes(['NOSUCH', 'a', 'b'])],
    ['a name from Object.prototype', requestBytes(['constructor'])],
    ['__proto__', requestBytes(['__proto__'])],
    ['too few arguments', requestBytes(['GET'])],
    ['too many arguments', requestBytes(['GET', 'a', 'b'])],
    ['half a pair', requestBytes(['MSET', 'a', '1', 'b'])],
    ['a number as a key', requestBytes(['GET', 5])],
    ['null as a key', requestBytes(['GET', null])],
    ['an object as a key', requestBytes(['GET', { a: 1 }])],
    ['a boolean for an integer', requestBytes(['EXPIRE', 'kept', true])],
    ['a text for an integer', requestBytes(['EXPIRE', 'kept', 'soon'])],
    ['an unknown subcommand', requestBytes(['CLIENT', 'NOSUCH'])],
    ['a container without a subcommand', requestBytes(['CONFIG'])],
    ['a key of more than a megabyte', requestBytes(['SET', 'k'.repeat(1024 * 1024 + 1), 'v'])],
  ])('%s', async (_name, bytes) => {
    const connection = await RawConnection.greeted(kvd.port);
    connection.send(bytes);
    expect(await connection.nextError()).toBe('ERR');
    connection.send(requestBytes(['GET', 'kept']));
    expect((await connection.next()).body).toBe('kept');
    connection.close();
  });

  it('a value nested 10,000 deep', async () => {
    const depth = 10_000;
    const writer = new ByteWriter();
    const codec = new ValueCodec();
    writer.room(1);
    writer.bytes[writer.position++] = 0x93;
    codec.encodeInto(writer, 'SET');
    codec.encodeInto(writer, 'deep');
    writer.room(6 + depth + 1);
    writer.view.setUint8(writer.position, 0xc9);
    writer.view.setUint32(writer.position + 1, depth + 1, false);
    writer.view.setUint8(writer.position + 5, 1);
    writer.bytes.fill(0x91, writer.position + 6, writer.position + 6 + depth);
    writer.bytes[writer.position + 6 + depth] = 0xc0;
    writer.position += 6 + depth + 1;
    const connection = await RawConnection.greeted(kvd.port);
    connection.send(frame(Uint8Array.from(writer.bytes.subarray(0, writer.position))));
    expect(await connection.nextError()).toBe('ERR');
    connection.send(requestBytes(['EXISTS', 'deep']));
    expect((await connection.next()).body).toBe(0);
    connection.close();
  });
});

describe('bytes that break the protocol are answered with an error, and that connection closes', () => {
  it.each([
    ['a frame that announces 4 GB', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1)],
    ['an empty frame', Uint8Array.of(0, 0, 0, 0, 1)],
    ['a frame of an unknown kind', Uint8Array.of(0, 0, 0, 2, 9, 0x90)],
    ['a request without a command', frame(Uint8Array.of(0x90))],
    ['a request that is no array', frame(Uint8Array.of(0xa1, 0x61))],
    [
      'a request that ends inside an argument',
      frame(Uint8Array.of(0x92, 0xa3, 0x47, 0x45, 0x54, 0xa9, 0x61)),
    ],
    ['a request with an array inside', frame(Uint8Array.of(0x92, 0xa3, 0x47, 0x45, 0x54, 0x90))],
    [
      'an array that announces 2^32-1 arguments',
      frame(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff, 0xa1)),
    ],
    [
      'bytes that announce 2^32-1',
      frame(Uint8Array.of(0x92, 0xa3, 0x47, 0x45, 0x54, 0xc6, 0xff, 0xff, 0xff, 0xff)),
    ],
    [
      'an extension of another type',
      frame(Uint8Array.of(0x92, 0xa3, 0x47, 0x45, 0x54, 0xd4, 0x05, 0x00)),
    ],
    [
      'the byte that MessagePack never uses',
      frame(Uint8Array.of(0x92, 0xa3, 0x47, 0x45, 0x54, 0xc1)),
    ],
  ])('%s', async (_name, bytes) => {
    const connection = await RawConnection.greeted(kvd.port);
    connection.send(requestBytes(['GET', 'kept']));
    connection.send(bytes);
    expect((await connection.next()).body).toBe('kept');
    expect(await connection.nextError()).toBe('ERR');
    await connection.closed();
    await expectUnharmed();
  });
});

describe('a connection that does not speak the protocol', () => {
  it('is told by a TLS alert when it sends a TLS hello', async () => {
    const connection = await RawConnection.open(kvd.port);
    connection.send(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc));
    expect((await connection.closed()).subarray(0, 2)).toStrictEqual(Buffer.of(0x15, 0x03));
    await expectUnharmed();
  });

  it.each(['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'POST / HTTP/1.1\r\nHost: x\r\n\r\nSET a b\r\n'])(
    'gets an HTTP answer when it sends %j',
    async (request) => {
      const connection = await RawConnection.open(kvd.port);
      connection.send(request);
      expect((await connection.closed()).toString()).toMatch(/^HTTP\/1\.1 400 /);
      await expectUnharmed();
    },
  );

  it.each([
    // An odd byte is no end of a line.
    ['random bytes', Uint8Array.from({ length: 70_000 }, (_, i) => ((i * 2654435761) >>> 13) | 1)],
    ['garbage and HTTP', 'hello?\nPOST / HTTP/1.1\n'],
    ['a header of HTTP', 'x\r\nHost: localhost\r\nSET a b\r\n'],
  ])('is told so when it sends %s', async (_name, bytes) => {
    const connection = await RawConnection.open(kvd.port);
    connection.send(bytes);
    expect((await connection.closed()).toString()).toMatch(/^-ERR /);
    await expectUnharmed();
  });

  it('is refused when it does not begin with HELLO', async () => {
    const connection = await RawConnection.open(kvd.port);
    connection.send(requestBytes(['GET', 'kept']));
    expect(await connection.nextError()).toBe('NOPROTO');
    await connection.closed();
  });

  it('is refused when it wants another version', async () => {
    const connection = await RawConnection.open(kvd.port);
    connection.send(requestBytes(['HELLO', 2]));
    expect(await connection.nextError()).toBe('NOPROTO');
    await connection.closed();
  });

  it('may send no first frame over 16 KiB', async () => {
    const connection = await RawConnection.open(kvd.port);
    connection.send(requestBytes(['HELLO', 1, 'SETNAME', 'x'.repeat(17_000)]));
    expect(await connection.nextError()).toBe('ERR');
    await connection.closed();
    await expectUnharmed();
  });
});

describe('a partial frame', () => {
  const requests = requestBytes(
    ['SET', 'split', { a: [1, 2n, 'ü'] }],
    ['GET', 'split'],
    ['NOSUCH'],
    ['MGET', 'split', 'absent'],
    ['INCR', 'split:n'],
    ['DELETE', 'split', 'split:n'],
  );
  const bytes = Buffer.concat([HELLO, requests]);
  const value = { a: [1, 2n, 'ü'] };

  async function expectAnswers(connection: RawConnection): Promise<void> {
    expect((await connection.next()).kind).toBe(FrameKind.REPLY);
    expect((await connection.next()).body).toBe(1);
    expect((await connection.next()).body).toStrictEqual(value);
    expect(await connection.nextError()).toBe('ERR');
    expect((await connection.next()).body).toStrictEqual([value, undefined]);
    expect((await connection.next()).body).toBe(1);
    expect((await connection.next()).body).toBe(2);
  }

  it('cut at every byte gives the same answers', async () => {
    for (let cut = 1; cut < bytes.length; cut++) {
      const connection = await RawConnection.open(kvd.port);
      connection.send(bytes.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      connection.send(bytes.subarray(cut));
      await expectAnswers(connection);
      connection.close();
    }
  });

  it('that arrives byte by byte gives the same answers', async () => {
    const connection = await RawConnection.open(kvd.port);
    for (const byte of bytes) {
      connection.send(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expectAnswers(connection);
    connection.close();
  });

  it('is answered when the client closes its half after sending', async () => {
    const connection = await RawConnection.open(kvd.port);
    connection.socket.end(bytes);
    await expectAnswers(connection);
    await connection.closed();
  });
});

describe('a password', () => {
  it('is asked for, checked, and its absence limits what strangers can send', async () => {
    await using guarded = await startKvd({ password: 'sécret' });
    await using client = await connect(guarded.url);
    expect(await client.set('k', 1)).toBe(1);
    const url = `kv://127.0.0.1:${guarded.port}`;
    await expect(connect(url)).rejects.toMatchObject({ code: 'AUTH' });
    await expect(connect({ url, password: 'wrong' })).rejects.toMatchObject({ code: 'AUTH' });
    await expect(connect({ url, username: 'nobody', password: 'sécret' })).rejects.toMatchObject({
      code: 'AUTH',
    });
    const stranger = await RawConnection.open(guarded.port);
    stranger.send(requestBytes(['HELLO', 1]));
    expect(await stranger.nextError()).toBe('NOAUTH');
    stranger.send(requestBytes(['HELLO', 1, ...new Array(20).fill('x')]));
    expect(await stranger.nextError()).toBe('ERR');
    await stranger.closed();
    expect(await client.get('k')).toBe(1);
  });
});
