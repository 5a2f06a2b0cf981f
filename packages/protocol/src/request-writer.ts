import { ByteWriter } from './byte-writer.ts';
import { EXT_VALUE, FRAME_HEADER_BYTES, FRAME_LENGTH_BYTES, FrameKind } from './frame.ts';
import { ARGUMENTS_MAX, FRAME_BYTES_MAX } from './limits.ts';
import { type ValueCodec, valueCodec } from './value/codec.ts';
import { ValueError } from './value/value-error.ts';

/** An array header of up to 2^32 elements. */
const ARRAY_HEADER_BYTES = 5;
/** ext 32: head, length, type. */
const EXTENSION_HEADER_BYTES = 6;
/** Up to this length a loop over ASCII is as fast as the way through the codec. Below 32: see `writeAscii`. */
const ASCII_LENGTH_MAX = 20;

/** A command's name as elements of a request, for who sends it again and again. */
export interface RequestName {
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Prepares a name for {@link writeRequest}: `'GET'`, `'CLIENT ID'`, or any other. */
export function requestName(name: string): RequestName {
  const words = name.split(' ');
  const writer = new ByteWriter(64);
  for (const word of words) valueCodec.encodeInto(writer, word);
  return { count: words.length, bytes: writer.copy() };
}

/**
 * Appends one request frame to a writer.
 *
 * Strings and bytes travel as they are, nil, booleans and numbers as their
 * MessagePack, everything else wrapped in extension 1. When an argument can't be
 * encoded the writer is left as it was.
 *
 * @param name - `'GET'`, `'CLIENT ID'`, any other, or what {@link requestName} made of it
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
  name: string | RequestName,
  args: readonly unknown[],
): void {
  const start = writer.position;
  const { count, bytes: words } = typeof name === 'string' ? requestName(name) : name;
  try {
    writer.room(FRAME_HEADER_BYTES + ARRAY_HEADER_BYTES + words.length);
    writer.position += FRAME_HEADER_BYTES;
    writeArrayHeader(writer, count + args.length);
    writeWords(writer, words);
    for (let i = 0; i < args.length; i++) writeArgument(writer, codec, args[i]);
    const length = writer.position - start - FRAME_LENGTH_BYTES;
    if (length > FRAME_BYTES_MAX)
      throw new ValueError(
        'TOO_LARGE',
        `a request of ${length} bytes; ${FRAME_BYTES_MAX} are allowed`,
      );
    writer.view.setUint32(start, length, false);
    writer.bytes[start + FRAME_LENGTH_BYTES] = FrameKind.REQUEST;
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
    writer.bytes[position] = 0x90 | count;
    writer.position += 1;
    return;
  }
  view.setUint8(position, 0xdd);
  view.setUint32(position + 1, count, false);
  writer.position += 5;
}

/** The names of commands are short: a loop is faster than a call for so few bytes. */
function writeWords(writer: ByteWriter, words: Uint8Array): void {
  const { bytes, position } = writer;
  for (let i = 0; i < words.length; i++) bytes[position + i] = words[i] as number;
  writer.position = position + words.length;
}

function writeArgument(writer: ByteWriter, codec: ValueCodec, arg: unknown): void {
  if (typeof arg === 'string') {
    if (arg.length > ASCII_LENGTH_MAX || !writeAscii(writer, arg)) codec.encodeInto(writer, arg);
    return;
  }
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

/** Writes a short string of ASCII, most keys. False: it is none, and nothing was written. */
function writeAscii(writer: ByteWriter, text: string): boolean {
  const { length } = text;
  writer.room(1 + length);
  const { bytes, position } = writer;
  bytes[position] = 0xa0 | length;
  for (let i = 0; i < length; ) {
    const unit = text.charCodeAt(i++);
    if (unit > 0x7f) return false;
    bytes[position + i] = unit;
  }
  writer.position = position + 1 + length;
  return true;
}
