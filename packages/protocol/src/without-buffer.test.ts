import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const PROGRAM = `
  delete globalThis.Buffer;
  const { ByteWriter, FrameReader, NativeReplyWriter, ReplyReader, RequestBatch, ValueCodec, writeRequest } =
    await import(process.argv[1]);
  const codec = new ValueCodec();
  const writer = new ByteWriter();
  writeRequest(writer, codec, 'SET', ['ключ', { text: 'é'.repeat(5000), list: [1n, new Set([1])] }]);
  const bytes = writer.copy();
  const batch = new RequestBatch();
  batch.begin(bytes);
  new FrameReader().fill(batch, 0, bytes.length, true);
  const value = codec.decode(batch.range(batch.first[0] + 1));
  const reader = new ReplyReader();
  const out = new NativeReplyWriter({ send: (b, n) => (reader.push(b.slice(0, n)), true) });
  out.begin(); out.text(batch.text(batch.first[0])); out.end(); out.flush();
  reader.next();
  const reply = codec.decodeReply(reader.bytes, reader.bodyStart, reader.bodyEnd);
  console.log(JSON.stringify([typeof Buffer, value.text.length, value.list[1].size, reply, bytes.constructor.name]));
`;

test('everything works on a host without Buffer', () => {
  const index = new URL('./index.ts', import.meta.url).href;
  const args = ['--conditions=kv-source', '--input-type=module', '-e', PROGRAM, index];
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual(['undefined', 5000, 1, 'ключ', 'Uint8Array']);
});
