import type { RequestBatch } from '@kv/protocol';

/** How much of a name or argument an error message repeats. */
const QUOTED_BYTES_MAX = 128;

const decoder = new TextDecoder();

/** Text without control characters, so that it stays on one line of a reply or of a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the point
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
}

/** An argument for a message: short and printable; of a typed value only that it is one. */
export function quoted(request: RequestBatch, argument: number): string {
  if (!request.isText(argument)) return String(request.integer(argument) ?? '(value)');
  return printable(decoder.decode(request.range(argument).subarray(0, QUOTED_BYTES_MAX)));
}
