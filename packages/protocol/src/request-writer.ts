import type { ByteWriter } from './byte-writer.ts';
import { EXT_VALUE, FRAME_HEADER_BYTES, FRAME_LENGTH_BYTES, FrameKind } from './frame.ts';
import { ARGUMENTS_MAX, FRAME_BYTES_MAX } from './limits.ts';
import type { ValueCodec } from './value/codec.ts';
import { ValueError } from './value/value-error.ts';

/** An array header of up to 2^32 elements. */
const ARRAY_HEADER_BYTES = 5;
/** ext 32: head, length, type. */
const EXTENSION_HEADER_BYTES = 6;

/**
 * Appends one request frame to a writer.
 *
 * Strings and bytes travel as they are, nil, booleans and numbers as their
 * MessagePack, everything else wrapped in extension 1. When an argument can't be
 * encoded the writer is left as it was.
 *
 * @param name - a command of the table, `'GET'` or `'CLIENT ID'`, or any other name
 * @throws {@link ValueError} for what the codec refuses, and for `undefined`
 *
 * @example
 * ```ts
 * writeRequest(writer, codec, 'SET', ['key', { any: 'value' }]);
 * socket.write(writer.copy());
 * ```
 */
export function writeRequest(
  writer: ByteWriter,
  codec: ValueCodec,
  name: string,
  args: readonly unknown[],
): void {
  const start = writer.position;
  const words = name.split(' ');
  try {
    writer.room(FRAME_HEADER_BYTES + ARRAY_HEADER_BYTES);
    writer.position += FRAME_HEADER_BYTES;
    writeArrayHeader(writer, words.length + args.length);
    for (const word of words) codec.encodeInto(writer, word);
    for (const arg of args) writeArgument(writer, codec, arg);
    const length = writer.position - start - FRAME_LENGTH_BYTES;
    if (length > FRAME_BYTES_MAX)
      throw new ValueError(
        'TOO_LARGE',
        `a request of ${length} bytes; ${FRAME_BYTES_MAX} are allowed`,
      );
    writer.view.setUint32(start, length, false);
    writer.view.setUint8(start + FRAME_LENGTH_BYTES, FrameKind.REQUEST);
  } catch (error) {
    writer.position = start;
    throw error;
  }
}

function writeArrayHeader(writer: ByteWriter, count: number): void {
  if (count > ARGUMENTS_MAX)
    throw new ValueError(
      'TOO_LARGE',
      `a request of ${count} arguments; ${ARGUMENTS_MAX} are allowed`,
    );
  const { view, position } = writer;
  if (count < 16) {
    view.setUint8(position, 0x90 | count);
    writer.position += 1;
    return;
  }
  view.setUint8(position, 0xdd);
  view.setUint32(position + 1, count, false);
  writer.position += 5;
}

function writeArgument(writer: ByteWriter, codec: ValueCodec, arg: unknown): void {
  if (arg === undefined)
    throw new ValueError(
      'UNSUPPORTED_VALUE',
      'undefined is the absence of a value; null can be stored',
    );
  if (arg === null || typeof arg !== 'object' || arg instanceof Uint8Array) {
    codec.encodeInto(writer, arg);
    return;
  }
  const head = writer.position;
  writer.room(EXTENSION_HEADER_BYTES);
  writer.position += EXTENSION_HEADER_BYTES;
  codec.encodeInto(writer, arg);
  writer.view.setUint8(head, 0xc9);
  writer.view.setUint32(head + 1, writer.position - head - EXTENSION_HEADER_BYTES, false);
  writer.view.setUint8(head + 5, EXT_VALUE);
}
