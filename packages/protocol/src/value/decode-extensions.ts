/** The decoder's other half: everything that MessagePack calls an extension. */

import type { Decoder } from './decode.ts';
import {
  ELEMENT_BYTES,
  EXT_APPLICATION_MIN,
  EXT_ERROR,
  EXT_INVALID_DATE,
  EXT_MAP,
  EXT_SET,
  EXT_TIMESTAMP,
  EXT_TYPED_ARRAY,
  EXT_UNDEFINED,
  EXT_VALUE,
} from './format.ts';
import { readTimestamp } from './timestamp.ts';
import { readElements } from './typed-arrays.ts';
import { ValueError } from './value-error.ts';

/** Reads the extension whose first byte, `token` (0xc7-0xc9 or 0xd4-0xd8), has been read. */
export function readExtension(decoder: Decoder, token: number, depth: number): unknown {
  const length = bodyBytes(decoder, token);
  const type = (decoder.uint8() << 24) >> 24;
  const outerEnd = decoder.end;
  if (length > outerEnd - decoder.position) throw decoder.truncated();
  const bodyEnd = decoder.position + length;
  decoder.end = bodyEnd;
  const value = readBody(decoder, type, depth);
  if (decoder.position !== bodyEnd) {
    throw decoder.malformed(`an extension of type ${type} with ${length} bytes`);
  }
  decoder.end = outerEnd;
  return value;
}

function bodyBytes(decoder: Decoder, token: number): number {
  if (token === 0xc7) return decoder.uint8();
  if (token === 0xc8) return decoder.uint16();
  if (token === 0xc9) return decoder.uint32();
  return 1 << (token - 0xd4);
}

/** Reads the body in [position, end). Whoever does not leave the position at the end has refused it. */
function readBody(decoder: Decoder, type: number, depth: number): unknown {
  switch (type) {
    case EXT_TIMESTAMP:
      return timestamp(decoder);
    case EXT_UNDEFINED:
      return undefined;
    case EXT_MAP:
      return map(decoder, depth + 1);
    case EXT_SET:
      return set(decoder, depth + 1);
    case EXT_TYPED_ARRAY:
      return typedArray(decoder);
    case EXT_INVALID_DATE:
      return new Date(Number.NaN);
    case EXT_VALUE:
      if (decoder.inReply) return storedValue(decoder);
      throw decoder.malformed('an extension of type 1, which belongs to the wire');
    case EXT_ERROR:
      if (decoder.inReply && decoder.onError !== undefined) return replyError(decoder, depth + 1);
      throw decoder.malformed('an extension of type 2, which belongs to the wire');
    default:
      if (type >= EXT_APPLICATION_MIN) return application(decoder, type, depth + 1);
      throw decoder.malformed(`an extension of the reserved type ${type}`);
  }
}

function timestamp(decoder: Decoder): Date {
  const { position, end } = decoder;
  const ms = readTimestamp(decoder.bytes, position, end - position);
  if (ms === undefined) throw decoder.malformed('a timestamp that no Date can hold');
  decoder.position = end;
  return new Date(ms);
}

function map(decoder: Decoder, depth: number): Map<unknown, unknown> {
  decoder.open(depth);
  const result = new Map<unknown, unknown>();
  while (decoder.position < decoder.end) {
    const key = decoder.value(depth);
    result.set(key, decoder.value(depth));
  }
  return result;
}

function set(decoder: Decoder, depth: number): Set<unknown> {
  decoder.open(depth);
  const result = new Set<unknown>();
  while (decoder.position < decoder.end) result.add(decoder.value(depth));
  return result;
}

function typedArray(decoder: Decoder): ArrayBufferView {
  const kind = decoder.uint8();
  const { position, end } = decoder;
  const size = ELEMENT_BYTES[kind];
  if (!size || (end - position) % size !== 0) {
    throw decoder.malformed(`a typed array of kind ${kind} with ${end - position} bytes`);
  }
  const elements = readElements(kind, decoder.bytes, position, end);
  if (elements === undefined) {
    throw new ValueError(
      'UNSUPPORTED_VALUE',
      'This host has no Float16Array, which the value needs; Node has one from version 24.',
    );
  }
  decoder.position = end;
  return elements;
}

/** A stored value inside a reply: nil is null again, and its levels are counted from the start. */
function storedValue(decoder: Decoder): unknown {
  const { nil } = decoder;
  decoder.inReply = false;
  decoder.nil = null;
  const value = decoder.value(0);
  decoder.inReply = true;
  decoder.nil = nil;
  return value;
}

function replyError(decoder: Decoder, depth: number): unknown {
  const body = decoder.value(depth);
  if (Array.isArray(body) && (body.length === 2 || body.length === 3)) {
    const [code, message, details] = body as unknown[];
    if (typeof code === 'string' && typeof message === 'string') {
      return decoder.onError?.(code, message, details);
    }
  }
  throw decoder.malformed('an error that is not [code, message, details]');
}

/** A value of the application's class; its body must be whole before the application sees it. */
function application(decoder: Decoder, type: number, depth: number): unknown {
  decoder.open(depth);
  const body = decoder.value(depth);
  if (decoder.position !== decoder.end)
    throw decoder.malformed(`more than one value in extension ${type}`);
  const extension = decoder.extensions.byType.get(type);
  if (extension === undefined) {
    throw new ValueError(
      'UNKNOWN_EXTENSION',
      `The value holds an application extension of type ${type}; register it (new ValueCodec({ extensions })).`,
    );
  }
  return extension.decode(body);
}
