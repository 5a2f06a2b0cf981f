import { type Draw, integerWord, KEYS, keyWord } from '../domains.ts';
import type { Grammar } from '../grammar.ts';
import type { Words } from '../script.ts';

/** Small ones, and such as are none: values stay short. */
const offset = (draw: Draw): string => {
  const { random } = draw;
  if (random.chance(0.08)) return random.pick(['4294967296', '-1', 'x', '', '1.5', '+1']);
  return String(random.between(0, 200));
};

function range(draw: Draw): Words {
  const { random } = draw;
  const words = [integerWord(draw, -20, 20), integerWord(draw, -20, 20)];
  if (random.chance(0.5)) words.push(random.pick(['BYTE', 'BIT', 'bit', 'bits', '']));
  return random.chance(0.1) ? words.slice(0, 1) : words;
}

const type = ({ random }: Draw): string =>
  random.chance(0.1)
    ? random.pick(['u64', 'i65', 'i0', 'x8', '', 'i', 'u08', 'I8'])
    : `${random.pick(['u', 'i'])}${random.pick([1, 2, 3, 7, 8, 13, 16, 31, 32, 63])}`;

const place = (draw: Draw): string => {
  const { random } = draw;
  if (random.chance(0.05)) return random.pick(['#', '#-1', '-1', '4294967296', 'x', '#x', '##1']);
  return `${random.chance(0.5) ? '#' : ''}${random.between(0, 40)}`;
};

function operation(draw: Draw, reads: boolean): Words {
  const { random } = draw;
  const chance = random.next();
  if (chance < 0.2) return ['OVERFLOW', random.pick(['WRAP', 'SAT', 'FAIL', 'sat', 'NOPE'])];
  if (chance < 0.5 || (reads && chance < 0.95)) return ['GET', type(draw), place(draw)];
  const name = random.pick(['SET', 'INCRBY', 'set', 'NOPE', 'INCRBY', 'SET', 'INCRBY']);
  const edges = ['9223372036854775807', '-4611686018427387904', '4294967296', 'x', ''];
  const value = random.chance(0.1) ? random.pick(edges) : String(random.between(-300, 300));
  return [name, type(draw), place(draw), value];
}

/** Behind everything that the others reach. */
const FAR = ['SET', 'u8', '#330'];

const bitfield =
  (reads: boolean) =>
  (draw: Draw): Words => {
    const operations = Array.from({ length: draw.random.between(0, 4) }, () =>
      operation(draw, reads),
    );
    // What fails must not be what makes the value longer: see differences.ts.
    const fails = operations.some((words) => words[1] === 'FAIL');
    if (fails && !reads) operations.unshift([...FAR, String(draw.random.between(1, 200))]);
    return [keyWord(draw), ...operations.flat()];
  };

/** Of `protocol/src/commands/bitmap.ts`. */
export const bitmapGrammar: Grammar<'bitmap'> = {
  SETBIT: {
    weight: 3,
    words: (draw) => [
      keyWord(draw),
      offset(draw),
      draw.random.pick(['0', '1', '1', '1', '2', 'x']),
    ],
  },
  GETBIT: { words: (draw) => [keyWord(draw), offset(draw)] },
  BITCOUNT: {
    weight: 2,
    words: (draw) => [keyWord(draw), ...(draw.random.chance(0.8) ? range(draw) : [])],
  },
  BITPOS: {
    weight: 2,
    words: (draw) => {
      const bit = draw.random.pick(['0', '1', '0', '1', '2', 'x']);
      return [keyWord(draw), bit, ...(draw.random.chance(0.8) ? range(draw) : [])];
    },
  },
  BITOP: {
    weight: 2,
    words: ({ random }) => {
      const name = random.pick(['AND', 'OR', 'XOR', 'NOT', 'and', 'NOPE']);
      const keys = Array.from({ length: random.between(1, 4) }, () => random.pick(KEYS));
      return [name, ...(name === 'NOT' && random.chance(0.8) ? keys.slice(0, 2) : keys)];
    },
  },
  BITFIELD: { weight: 4, words: bitfield(false) },
  BITFIELD_RO: { words: bitfield(true) },
};
