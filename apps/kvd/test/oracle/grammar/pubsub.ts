import type { Draw } from '../domains.ts';
import type { Grammar } from '../grammar.ts';
import type { Words } from '../script.ts';

const CHANNELS = ['a', 'b', 'ab', '{t}1', '\xff\r\n'];
const PATTERNS = ['a*', '*', '?', 'a', '[ab]', ''];

/** One to three names, or none where that means all. */
const some =
  (names: readonly string[], least: number) =>
  ({ random }: Draw): Words =>
    Array.from({ length: random.between(least, 3) }, () => random.pick(names));

const oneOrNone = ({ random }: Draw): Words => (random.chance(0.5) ? [random.pick(PATTERNS)] : []);

/** Of `protocol/src/commands/pubsub.ts`. */
export const pubsubGrammar: Grammar<'pubsub'> = {
  SUBSCRIBE: { weight: 2, words: some(CHANNELS, 1) },
  UNSUBSCRIBE: { words: some(CHANNELS, 0) },
  PSUBSCRIBE: { words: some(PATTERNS, 1) },
  PUNSUBSCRIBE: { words: some(PATTERNS, 0) },
  SSUBSCRIBE: { words: some(CHANNELS, 1) },
  SUNSUBSCRIBE: { words: some(CHANNELS, 0) },
  PUBLISH: {
    weight: 5,
    words: ({ random }) => [random.pick(CHANNELS), random.pick(['', 'x\r\n'])],
  },
  SPUBLISH: { weight: 2, words: ({ random }) => [random.pick(CHANNELS), random.pick(['', 'x'])] },
  'PUBSUB CHANNELS': { words: oneOrNone },
  'PUBSUB NUMSUB': { words: some(CHANNELS, 0) },
  'PUBSUB NUMPAT': {},
  'PUBSUB SHARDCHANNELS': { words: oneOrNone },
  'PUBSUB SHARDNUMSUB': { words: some(CHANNELS, 0) },
  'PUBSUB HELP': { skip: 'tells what this server has' },
};
