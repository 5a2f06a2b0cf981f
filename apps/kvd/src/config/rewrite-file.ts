// CONFIG REWRITE: what has changed goes into the file, and all else in it stays as it was written.
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { parse as parseToml } from 'smol-toml';

/** A line that says what an option is. */
const LINE = /^\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z0-9_-]+))\s*=/;

/**
 * Puts options into the text of a TOML file: in the place where each is set, or at the end.
 * `undefined` where that can't be done without touching something else.
 */
export function rewritten(text: string, changes: ReadonlyMap<string, string>): string | undefined {
  const left = new Map(changes);
  const lines: string[] = [];
  const old = text.split('\n');
  for (let at = 0; at < old.length; at++) {
    const line = old[at] as string;
    const [, quoted, literal, bare] = LINE.exec(line) ?? [];
    const name = quoted ?? literal ?? bare;
    const value = name === undefined ? undefined : left.get(name);
    if (name === undefined || value === undefined) {
      lines.push(line);
      continue;
    }
    lines.push(`${name} = ${JSON.stringify(value)}`);
    left.delete(name);
    // A list may go on over several lines.
    for (let end = at; end < old.length; end++) {
      if (!isToml(old.slice(at, end + 1).join('\n'))) continue;
      at = end;
      break;
    }
  }
  if (lines.at(-1) === '') lines.pop();
  for (const [name, value] of left) lines.push(`${name} = ${JSON.stringify(value)}`);
  const result = `${lines.join('\n')}\n`;
  return holds(result, changes, text) ? result : undefined;
}

function isToml(text: string): boolean {
  try {
    parseToml(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether the text says what it is to say, and of all else what it said before. */
function holds(text: string, changes: ReadonlyMap<string, string>, before: string): boolean {
  if (!isToml(text)) return false;
  const expected = { ...parseToml(before), ...Object.fromEntries(changes) };
  const found = parseToml(text);
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...names].every((name) => JSON.stringify(found[name]) === JSON.stringify(expected[name]));
}

/** Replaces a file as a whole: after a crash there is the old one or the new one. */
export function replaceFile(path: string, change: (text: string) => string | undefined): boolean {
  const text = change(readFileSync(path, 'utf8'));
  if (text === undefined) return false;
  const next = `${path}.${process.pid}.tmp`;
  // It may hold a password.
  const file = openSync(next, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  return true;
}
