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

/** Names of 3 to 8 letters, which are most, are also found by their first four bytes and their last. */
const SHORT_MIN = 3;
const SHORT_MAX = 8;
const SHORT_SIZE = 1024;
const firstWords = new Int32Array(SHORT_SIZE);
const lastWords = new Int32Array(SHORT_SIZE);
/** 0 is an empty place. */
const lengths = new Uint8Array(SHORT_SIZE);
const shortIds = new Int32Array(SHORT_SIZE);

/** Takes the case off letters; of three, the fourth byte is not the name's. */
const firstWord = (view: DataView, offset: number, length: number): number =>
  view.getInt32(offset, true) & (length === 3 ? 0x00dfdfdf : ~0x20202020);
const lastWord = (view: DataView, offset: number, length: number): number =>
  length < 5 ? 0 : view.getInt32(offset + length - 4, true) & ~0x20202020;
const shortPlace = (first: number, last: number): number =>
  Math.imul(first ^ Math.imul(last, 0x9e3779b1), 0x85ebca6b) >>> 22;

for (const [at, name] of names.entries()) {
  if (name === undefined || !/^[a-z]{3,8}$/.test(new TextDecoder().decode(name))) continue;
  const padded = new Uint8Array(SHORT_MAX);
  padded.set(name);
  const view = new DataView(padded.buffer);
  const first = firstWord(view, 0, name.length);
  const last = lastWord(view, 0, name.length);
  let place = shortPlace(first, last);
  while (lengths[place] !== 0) place = (place + 1) % SHORT_SIZE;
  firstWords[place] = first;
  lastWords[place] = last;
  lengths[place] = name.length;
  shortIds[place] = ids[at] as number;
}

/**
 * The same for a name in the middle of a request, behind which there are two bytes: without a
 * loop over its bytes where it is short. Letters alone lose nothing with the bit of their case.
 */
export function commandIdWithin(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
): number {
  if (length < SHORT_MIN || length > SHORT_MAX) return commandId(bytes, offset, length);
  const first = firstWord(view, offset, length);
  const last = lastWord(view, offset, length);
  for (let at = shortPlace(first, last); lengths[at] !== 0; at = (at + 1) % SHORT_SIZE)
    if (firstWords[at] === first && lastWords[at] === last && lengths[at] === length)
      return shortIds[at] as number;
  return commandId(bytes, offset, length);
}
