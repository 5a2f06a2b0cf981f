/**
 * Entries as NDJSON, a line each:
 *
 *   {"database":0,"key":"user:1","type":0,"encoding":0,"value":"Alice","deadline":1893456000000}
 *
 * A key that is not UTF-8 is `keyBase64`. What stands for the value is the notation's; the plain one here
 * writes the numbers and the bytes.
 */
import type { EntrySink, SnapshotEntry } from '../entry.ts';
import { describe, SnapshotError } from '../errors.ts';
import { DATABASE_MAX, DEADLINE_MAX } from '../limits.ts';

/** What an entry is besides its key: the part that is its owner's. */
export type EntryValue = Pick<SnapshotEntry, 'type' | 'encoding' | 'value'>;

/** Fields of a line. */
export type LineFields = Readonly<Record<string, unknown>>;

/** How values are written into lines and read out of them. What is written must read back the same. */
export interface EntryNotation {
  write(value: EntryValue): LineFields;
  /** Throws where the fields make no sense. */
  read(fields: LineFields): EntryValue;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Bytes as text under a name where they are UTF-8, else as base64 under the name and `Base64`. */
export function writeBytes(name: string, bytes: Uint8Array): LineFields {
  try {
    return { [name]: utf8.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: base64(bytes) };
  }
}

/** Reads what {@link writeBytes} has written. */
export function readBytes(name: string, fields: LineFields): Uint8Array {
  const text = fields[name];
  const encoded = fields[`${name}Base64`];
  if (typeof text === 'string' && encoded === undefined && !/\p{Surrogate}/u.test(text))
    return encoder.encode(text);
  if (typeof encoded === 'string' && text === undefined) return fromBase64(encoded);
  throw new Error(`there must be either "${name}" or "${name}Base64", a string`);
}

/** Bytes as base64. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** The bytes of base64; throws where it is none. */
export function fromBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  // Buffer passes over what it does not know.
  if (bytes.toString('base64') !== text) throw new Error('something is no base64');
  return Uint8Array.from(bytes);
}

/** The numbers and the bytes as they are. */
export const plainNotation: EntryNotation = {
  write: ({ type, encoding, value }) => ({ type, encoding, ...writeBytes('value', value) }),
  read: (fields) => ({
    type: wholeNumber(fields, 'type', 255),
    encoding: wholeNumber(fields, 'encoding', 255),
    value: readBytes('value', fields),
  }),
};

function wholeNumber(fields: LineFields, name: string, max: number): number {
  const value = fields[name];
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max)
    return value as number;
  throw new Error(`"${name}" must be an integer from 0 to ${max}`);
}

/** An entry as a line, without its newline. */
export function entryLine(entry: SnapshotEntry, notation: EntryNotation = plainNotation): string {
  const { database, key, deadline } = entry;
  return JSON.stringify({
    database,
    ...writeBytes('key', key),
    ...notation.write(entry),
    ...(deadline === undefined ? {} : { deadline }),
  });
}

/** The entry of a line. Throws where it makes no sense. */
function entryOfLine(line: string, notation: EntryNotation): SnapshotEntry {
  const fields: unknown = JSON.parse(line);
  if (typeof fields !== 'object' || fields === null) throw new Error('it is no object');
  const own = fields as LineFields;
  return {
    database: wholeNumber(own, 'database', DATABASE_MAX),
    key: readBytes('key', own),
    deadline: own.deadline === undefined ? undefined : wholeNumber(own, 'deadline', DEADLINE_MAX),
    ...notation.read(own),
  };
}

export interface ReadLinesOptions {
  readonly notation?: EntryNotation | undefined;
  /** Told after every piece of text how many entries and bytes there have been. */
  readonly onProgress?: ((progress: { entries: number; bytes: number }) => void) | undefined;
}

/**
 * Gives the entries of lines to a sink, expired ones too; answers how many they were. Empty lines are passed
 * over. The lines may come in pieces of any length.
 *
 * @throws SnapshotError `LINE_INVALID`, which names the line; what the sink has then is a part
 *
 * @example
 * await readEntryLines(createReadStream('backup.ndjson'), sink);
 */
export async function readEntryLines(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sink: EntrySink,
  { notation = plainNotation, onProgress }: ReadLinesOptions = {},
): Promise<number> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let [number, entries, bytes] = [0, 0, 0];
  let rest: string[] = [];
  const take = (line: string): void => {
    number += 1;
    if (line.trim() === '') return;
    try {
      sink.restore(entryOfLine(line, notation));
    } catch (error) {
      throw invalid(number, error);
    }
    entries += 1;
  };
  const decode = (piece?: Uint8Array): string => {
    try {
      return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
    } catch (error) {
      throw invalid(number + 1, error);
    }
  };
  for await (const piece of pieces) {
    bytes += piece.length;
    const [first = '', ...lines] = decode(piece).split('\n');
    rest.push(first);
    if (lines.length > 0) {
      take(rest.join(''));
      rest = [lines.pop() as string];
      for (const line of lines) take(line);
    }
    onProgress?.({ entries, bytes });
  }
  take(rest.join('') + decode());
  return entries;
}

function invalid(number: number, cause: unknown): SnapshotError {
  return new SnapshotError('LINE_INVALID', `line ${number}: ${describe(cause)}`, { cause });
}
