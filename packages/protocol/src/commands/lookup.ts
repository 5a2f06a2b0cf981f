import { COMPILED } from './compile.ts';

/**
 * Command names to numbers, by byte range and without a string: an open-addressed
 * table of the names' hashes, then a comparison of the bytes. Letters match in
 * either case. Containers (`CLIENT`) have numbers of their own, below {@link INVALID}.
 */
const SIZE = 1024;
const names: (Uint8Array | undefined)[] = new Array(SIZE);
const ids = new Int32Array(SIZE);

/** The longest name; anything longer is unknown without a look. */
let longest = 0;

const lower = (byte: number): number => (byte >= 65 && byte <= 90 ? byte | 32 : byte);

function hash(bytes: Uint8Array, offset: number, length: number): number {
  // FNV-1a, 32 bits.
  let h = 0x811c9dc5;
  for (let i = 0; i < length; i++)
    h = Math.imul(h ^ lower(bytes[offset + i] as number), 0x01000193);
  return (h ^ (h >>> 15)) & (SIZE - 1);
}

function same(name: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < name.length; i++)
    if (name[i] !== lower(bytes[offset + i] as number)) return false;
  return true;
}

function add(name: string, id: number): void {
  const bytes = new TextEncoder().encode(name.toLowerCase());
  longest = Math.max(longest, bytes.length);
  let at = hash(bytes, 0, bytes.length);
  while (names[at] !== undefined) at = (at + 1) & (SIZE - 1);
  names[at] = bytes;
  ids[at] = id;
}

const containerNames: string[] = [];
for (const compiled of COMPILED) {
  if (compiled === undefined) continue;
  if (compiled.container === undefined) add(compiled.row.name, compiled.id);
  else if (!containerNames.includes(compiled.container)) containerNames.push(compiled.container);
}
/** Container `c` of the list has the number `CONTAINER - c`. */
const CONTAINER = -2;
for (const [at, name] of containerNames.entries())
  if (COMPILED.every((compiled) => compiled?.row.name !== name)) add(name, CONTAINER - at);

/**
 * The number of the command whose name is a byte range: its id, 0 for an unknown
 * name, or a negative number that {@link containerOf} turns into a container's name.
 */
export function commandId(bytes: Uint8Array, offset: number, length: number): number {
  if (length > longest) return 0;
  for (let at = hash(bytes, offset, length); ; at = (at + 1) & (SIZE - 1)) {
    const name = names[at];
    if (name === undefined) return 0;
    if (name.length === length && same(name, bytes, offset)) return ids[at] as number;
  }
}

/** The container that a negative command number stands for. */
export function containerOf(id: number): string | undefined {
  return containerNames[CONTAINER - id];
}
