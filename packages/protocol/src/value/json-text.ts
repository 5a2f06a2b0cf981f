// Stored values as text, for clients that speak RESP. FORMAT.md defines it; it is for
// reading, and nothing is parsed back from it.
import { Decoder } from './decode.ts';
import { ExtensionRegistry, type ValueExtension } from './extensions.ts';
import { EXT_APPLICATION_MAX, EXT_APPLICATION_MIN } from './format.ts';
import { KeyCache } from './key-cache.ts';

/** An instance of an application's class, which only the application knows: what it wrote. */
class Opaque {
  readonly body: unknown;
  constructor(body: unknown) {
    this.body = body;
  }
}

/** Decodes whatever any application may have written. */
function decoderOfAll(): Decoder {
  const registry = new ExtensionRegistry([]);
  const byType = registry.byType as unknown as Map<number, Pick<ValueExtension, 'decode'>>;
  for (let type = EXT_APPLICATION_MIN; type <= EXT_APPLICATION_MAX; type++)
    byType.set(type, { decode: (body) => new Opaque(body) });
  return new Decoder(registry, new KeyCache());
}

const decoder = decoderOfAll();
const encoder = new TextEncoder();

/**
 * The value in `bytes[start, end)` as UTF-8 text: a number as decimal digits, a string as
 * it is, everything else as JSON.
 *
 * @throws ValueError as `ValueCodec.decode` does; stored values have been checked
 *
 * @example
 * ```ts
 * textOfValue(valueCodec.encode({ id: 7n, seen: new Date(0) }));
 * // the bytes of {"id":7,"seen":"1970-01-01T00:00:00.000Z"}
 * ```
 */
export function textOfValue(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  const value = decoder.decode(bytes, start, end);
  if (typeof value === 'string') return encoder.encode(value);
  if (typeof value === 'number') return encoder.encode(String(value));
  return encoder.encode(json(value));
}

/** JSON text; no deeper than values may be, which the decoder has checked. */
function json(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? numberText(value) : JSON.stringify(String(value));
    case 'bigint':
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : jsonOf(value);
    default:
      return 'null';
  }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function jsonOf(value: object): string {
  if (Array.isArray(value)) return list(value);
  if (value instanceof Uint8Array) return JSON.stringify(base64(value));
  if (ArrayBuffer.isView(value)) return list(value as unknown as Iterable<unknown>);
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'null' : JSON.stringify(value.toISOString());
  if (value instanceof Set) return list(value);
  if (value instanceof Opaque) return json(value.body);
  if (value instanceof Map) {
    const keys = [...value.keys()];
    if (keys.every((key) => typeof key === 'string')) return pairs(value);
    return list(value);
  }
  return pairs(Object.entries(value));
}

function list(values: Iterable<unknown>): string {
  return `[${Array.from(values, json).join(',')}]`;
}

function pairs(entries: Iterable<readonly [string, unknown]>): string {
  const members = Array.from(entries, ([name, value]) => `${JSON.stringify(name)}:${json(value)}`);
  return `{${members.join(',')}}`;
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
