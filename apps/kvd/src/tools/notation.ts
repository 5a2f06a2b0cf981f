import {
  base64,
  type EntryNotation,
  type EntryValue,
  fromBase64,
  type LineFields,
  readBytes,
  writeBytes,
} from '@kv/persistence';
import { ENTRY_TYPE_NAMES, Encoding, valueCodec } from '@kv/protocol';

const ENCODINGS = new Map<string, number>(
  Object.entries(Encoding).map(([name, number]) => [name.toLowerCase(), number]),
);
const ENCODING_NAMES = new Map([...ENCODINGS].map(([name, number]) => [number, name]));

/** What an encoding is called in lines and tables. */
export function encodingName(encoding: number): string {
  return ENCODING_NAMES.get(encoding) ?? String(encoding);
}

/** What a type is called in lines and tables. */
export function typeName(type: number): string {
  return ENTRY_TYPE_NAMES[type] ?? String(type);
}

/**
 * The daemon's values in lines: `value` where they are text, `json` where JSON says exactly what a typed value
 * is, `valueBase64` otherwise (of a typed value, its MessagePack).
 */
export const daemonNotation: EntryNotation = {
  write({ type, encoding, value }) {
    return {
      type: typeName(type),
      encoding: encodingName(encoding),
      ...writeValue(encoding, value),
    };
  },
  read(fields): EntryValue {
    const type = ENTRY_TYPE_NAMES.indexOf(String(fields.type));
    if (type < 0) throw new Error(`"type" must be one of ${ENTRY_TYPE_NAMES.join(', ')}`);
    const encoding = ENCODINGS.get(String(fields.encoding));
    if (encoding === undefined)
      throw new Error(`"encoding" must be one of ${[...ENCODINGS.keys()].join(', ')}`);
    return { type, encoding, value: readValue(encoding, fields) };
  },
};

function writeValue(encoding: number, value: Uint8Array): LineFields {
  if (encoding === Encoding.BYTES) return { valueBase64: base64(value) };
  if (encoding !== Encoding.VALUE) return writeBytes('value', value);
  const json = exactJson(value);
  return json === undefined ? { valueBase64: base64(value) } : { json };
}

/** A typed value that comes back byte by byte from its JSON; `undefined`: it would not. */
function exactJson(bytes: Uint8Array): unknown {
  try {
    const json: unknown = JSON.parse(JSON.stringify(valueCodec.decode(bytes)));
    return Buffer.compare(valueCodec.encode(json), bytes) === 0 ? json : undefined;
  } catch {
    return undefined;
  }
}

function readValue(encoding: number, fields: LineFields): Uint8Array {
  if (encoding !== Encoding.VALUE) return readBytes('value', fields);
  if (fields.json !== undefined) return valueCodec.encode(fields.json);
  const { valueBase64 } = fields;
  if (typeof valueBase64 !== 'string') throw new Error('there must be "json" or "valueBase64"');
  const bytes = fromBase64(valueBase64);
  // Nothing that no client could read may get in.
  valueCodec.decode(bytes);
  return bytes;
}
