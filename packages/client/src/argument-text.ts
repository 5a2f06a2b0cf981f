const decoder = new TextDecoder();

/** An argument as the server reads a word: strings and their bytes are the same. */
export function argumentText(argument: unknown): string {
  return argument instanceof Uint8Array ? decoder.decode(argument) : String(argument);
}
