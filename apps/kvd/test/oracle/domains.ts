// What an argument may be: mostly something that makes sense, often enough an edge, and
// now and then something that it can't be.
import type { Argument } from '@kv/protocol';
import type { Random } from './random.ts';

/** What a word is drawn with: the chances, and the time on both servers' clocks. */
export interface Draw {
  readonly random: Random;
  readonly now: number;
}

/** So few that commands meet each other's keys. */
export const KEYS: readonly string[] = ['a', 'b', 'c', 'd', '{t}:1', '{t}:2', '', '\x00\xff\r\n'];

const INTEGER_EDGES: readonly string[] = [
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775806',
  '4294967296',
  '-4294967297',
  '9007199254740993',
];

const NO_INTEGERS: readonly string[] = [
  '',
  'x',
  '1.5',
  '+1',
  ' 1',
  '1 ',
  '01',
  '-0',
  '0x10',
  '1e2',
  'inf',
  '9223372036854775808',
  '-9223372036854775809',
  '99999999999999999999999',
];

const NUMBERS: readonly string[] = [
  '0.1',
  '3.0e3',
  '-1.5',
  '1e17',
  '.5',
  '5.',
  '1e-5',
  '123456789.123456789',
  'inf',
  '-inf',
  'nan',
  '1e400',
  '0.30000000000000004',
  '17179869184.25',
];

const TEXTS: readonly string[] = ['', 'a', 'abc', 'hello world', '\r\n', 'ohmytext', 'mynewtext'];

export const PATTERNS: readonly string[] = [
  '*',
  '?',
  'a*',
  '[a-c]',
  '[^a]',
  '\\a',
  '{t}:*',
  '*1',
  '',
  '[',
  'a',
  '**?',
];

/** Small numbers that are all right, mostly. */
export function integerWord({ random }: Draw, min = -3, max = 12): string {
  if (random.chance(0.05)) return random.pick(INTEGER_EDGES);
  if (random.chance(0.05)) return random.pick(NO_INTEGERS);
  return String(random.between(min, max));
}

export function keyWord({ random }: Draw): string {
  return random.pick(KEYS);
}

export function numberWord(draw: Draw): string {
  return draw.random.chance(0.5) ? draw.random.pick(NUMBERS) : integerWord(draw);
}

export function valueWord(draw: Draw): string {
  const { random } = draw;
  if (random.chance(0.4)) return numberWord(draw);
  if (random.chance(0.5)) return random.pick(TEXTS);
  const length = random.chance(0.05) ? random.between(100, 2000) : random.between(0, 24);
  let word = '';
  while (word.length < length) word += String.fromCharCode(random.between(0, 255));
  return word;
}

/**
 * The clock of a script stands at 1 + 3n milliseconds behind a full second, and deadlines never
 * do: at the very millisecond of a deadline the servers differ on purpose. Nor are there deadlines
 * beyond 2^53 ms, which kvd refuses. See differences.ts.
 */
const seconds = (draw: Draw): string => timeWord(draw, draw.random.between(-1, 8));
const milliseconds = (draw: Draw): string =>
  timeWord(draw, draw.random.between(0, 8) * 1000 + draw.random.pick([1, 2, 499, 500, 998]));
const unixSeconds = (draw: Draw): string =>
  timeWord(draw, Math.floor(draw.now / 1000) + draw.random.between(-1, 8));
const unixMilliseconds = (draw: Draw): string =>
  timeWord(
    draw,
    (Math.floor(draw.now / 1000) + draw.random.between(-1, 8)) * 1000 +
      draw.random.pick([0, 2, 3, 500, 999]),
  );

function timeWord({ random }: Draw, time: number): string {
  if (random.chance(0.04)) return random.pick(['0', '-1', '-5', ...NO_INTEGERS]);
  return String(time);
}

/** By the name that an argument has in the table; by its kind where it has no line here. */
const BY_NAME: ReadonlyMap<string, (draw: Draw) => string> = new Map([
  ['seconds', seconds],
  ['milliseconds', milliseconds],
  ['unix-seconds', unixSeconds],
  ['unix-milliseconds', unixMilliseconds],
  ['index', (draw: Draw) => integerWord(draw, 0, 3)],
  ['index1', (draw: Draw) => integerWord(draw, 0, 3)],
  ['index2', (draw: Draw) => integerWord(draw, 0, 3)],
  ['pattern', ({ random }: Draw) => random.pick(PATTERNS)],
]);

const BY_KIND: Readonly<Record<Argument['kind'], (draw: Draw) => string>> = {
  key: keyWord,
  value: valueWord,
  text: ({ random }) => random.pick(TEXTS),
  integer: integerWord,
};

/** A word for an argument of the table. */
export function argumentWord({ name, kind }: Argument, draw: Draw): string {
  return (BY_NAME.get(name) ?? BY_KIND[kind])(draw);
}
