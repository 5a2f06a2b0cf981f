/** A command; each word is a string of bytes, one a character. */
export type Words = readonly string[];

/** Something that happens to both servers alike: a client sends a command, or time passes. */
export type Step =
  | { readonly client: number; readonly words: Words }
  | { readonly advanceMs: number };

export type Script = readonly Step[];

/** The versions of RESP that both servers speak. */
export type RespVersion = 2 | 3;

/** A script for people: one line a step, as one would type it into redis-cli. */
export function scriptText(script: Script): string {
  const several = script.some((step) => 'client' in step && step.client > 0);
  return script
    .map((step) => {
      if ('advanceMs' in step) return `  (${step.advanceMs} ms later)`;
      const line = step.words.map(quoted).join(' ');
      return several ? `  client ${step.client}: ${line}` : `  ${line}`;
    })
    .join('\n');
}

/** Bytes in quotes, those that are not printable as escapes; a plain word as it is. */
function quoted(word: string): string {
  if (/^[\w.:*+-]+$/.test(word)) return word;
  const escaped = word.replace(/[^\x20-\x7e]|["\\]/g, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    if (char === '\r') return '\\r';
    if (char === '\n') return '\\n';
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}
