/**
 * Redis's glob patterns over bytes: `*` any run, `?` any byte, `[abc]`, `[a-c]`,
 * `[^a]` one of a set, `\x` x itself. Iterative, with one point of return: the
 * cost is at most pattern times text, whatever the pattern.
 *
 * @example
 * ```ts
 * matchesGlob(bytes('user:*'), bytes('user:7')); // true
 * ```
 */
export function matchesGlob(pattern: Uint8Array, text: Uint8Array): boolean {
  let p = 0;
  let t = 0;
  // Behind the last star, and where in the text its run is tried to end.
  let star = -1;
  let tried = 0;
  while (t < text.length) {
    if (pattern[p] === STAR) {
      star = ++p;
      tried = t;
      if (star === pattern.length) return true;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text[t] as number) : -1;
    if (next >= 0) {
      p = next;
      t++;
    } else if (star >= 0) {
      p = star;
      t = ++tried;
    } else {
      return false;
    }
  }
  while (pattern[p] === STAR) p++;
  return p === pattern.length;
}

const STAR = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const CARET = 0x5e;
const DASH = 0x2d;
const BACKSLASH = 0x5c;

/** Behind the element at `p` when it matches the byte, else -1. */
function matchOne(pattern: Uint8Array, p: number, byte: number): number {
  const head = pattern[p];
  if (head === QUESTION) return p + 1;
  if (head === OPEN) return matchSet(pattern, p + 1, byte);
  const literal = head === BACKSLASH && p + 1 < pattern.length ? p + 1 : p;
  return pattern[literal] === byte ? literal + 1 : -1;
}

/** A set whose first byte behind the bracket is at `p`; one that is not closed ends with the pattern. */
function matchSet(pattern: Uint8Array, p: number, byte: number): number {
  const negated = pattern[p] === CARET;
  let at = negated ? p + 1 : p;
  let found = false;
  while (at < pattern.length && pattern[at] !== CLOSE) {
    if (pattern[at] === BACKSLASH && at + 1 < pattern.length) {
      found ||= pattern[at + 1] === byte;
      at += 2;
    } else if (pattern[at + 1] === DASH && at + 2 < pattern.length) {
      const [a, b] = [pattern[at] as number, pattern[at + 2] as number];
      found ||= byte >= Math.min(a, b) && byte <= Math.max(a, b);
      at += 3;
    } else {
      found ||= pattern[at] === byte;
      at += 1;
    }
  }
  return found === negated ? -1 : Math.min(at + 1, pattern.length);
}
