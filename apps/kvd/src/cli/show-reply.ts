import { inspect } from 'node:util';
import type { CommandRow } from '@kv/protocol';

/** How a reply is shown. */
export interface ReplyFormat {
  readonly json: boolean;
  readonly colors: boolean;
  /** Bytes are shown escaped on a terminal, and as they are elsewhere. */
  readonly isTerminal: boolean;
}

/**
 * A reply for a terminal or a script: strings bare, lists a line each, the maps of
 * CONFIG GET and its like a line a name.
 */
export function showReply(
  reply: unknown,
  { reply: { native } }: Pick<CommandRow, 'reply'>,
  format: ReplyFormat,
): string | Uint8Array {
  if (reply === undefined) return '';
  if (format.json) return `${JSON.stringify(plain(reply), undefined, 2)}\n`;
  if (reply instanceof Uint8Array && !format.isTerminal) return reply;
  if (native === 'values') return (reply as unknown[]).map((item) => line(item, format)).join('');
  const stored = native === 'value' || native === 'written-or-value';
  return stored ? line(reply, format) : layOut(reply, format, '');
}

/** Lists and maps that a command answers: a line an item, what is inside them indented. */
function layOut(reply: unknown, format: ReplyFormat, indent: string): string {
  const nested = (value: unknown) => layOut(value, format, `${indent}  `);
  if (Array.isArray(reply))
    return reply
      .map((item) => (isCollection(item) ? nested(item) : indent + line(item, format)))
      .join('');
  if (!isMap(reply)) return indent + line(reply, format);
  return entriesOf(reply)
    .map(([name, value]) =>
      isCollection(value)
        ? `${indent}${name}:\n${nested(value)}`
        : `${indent}${name}: ${line(value, format)}`,
    )
    .join('');
}

type Named = ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>;

/** A map of the protocol, which the client may have made an object of. */
function isMap(value: unknown): value is Named {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
}

function entriesOf(named: Named): (readonly [unknown, unknown])[] {
  return named instanceof Map ? [...named] : Object.entries(named);
}

function isCollection(value: unknown): boolean {
  return Array.isArray(value) || isMap(value);
}

/** One value and the end of its line. */
function line(value: unknown, format: ReplyFormat): string {
  const text = typeof value === 'string' ? textOf(value, format) : inspected(value, format);
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** What others have stored must not command the terminal of whoever looks at it. */
function textOf(text: string, { isTerminal }: ReplyFormat): string {
  if (!isTerminal) return text;
  return text.replace(/[^\P{Cc}\r\n\t]/gu, (character) => {
    const code = character.codePointAt(0) as number;
    return `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

function inspected(value: unknown, { colors }: ReplyFormat): string {
  if (value === undefined) return '(absent)';
  return inspect(value, {
    depth: null,
    colors,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: 100,
  });
}

/**
 * What comes nearest in JSON: bigints as digits, bytes as base64, NaN and infinities as
 * text, maps as objects where their keys are strings and as pairs otherwise, sets as lists.
 */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>, plain);
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, plain);
  if (value instanceof Map) return plainMap(value);
  return object(Object.entries(value));
}

function plainMap(map: ReadonlyMap<unknown, unknown>): unknown {
  const keys = [...map.keys()];
  if (keys.every((key) => typeof key === 'string')) return object([...map] as [string, unknown][]);
  return Array.from(map, ([key, value]) => [plain(key), plain(value)]);
}

/** `__proto__` is a name like any other. */
function object(entries: readonly (readonly [string, unknown])[]): unknown {
  return Object.fromEntries(entries.map(([name, value]) => [name, plain(value)]));
}
